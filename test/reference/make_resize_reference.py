"""Write test/fixtures/resize_reference.json: hashes of what Pillow makes of images given by a formula.

Run from the repository root with the models environment: models/.venv/bin/python test/reference/make_resize_reference.py
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

FILTERS = {
    "lanczos": Image.Resampling.LANCZOS,
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
}

# source width, source height, result width, result height
SIZES = [
    (64, 64, 28, 28),
    (64, 64, 140, 140),
    (97, 61, 56, 84),
    (31, 57, 113, 29),
    (1, 1, 5, 7),
    (7, 1, 3, 4),
    (50, 40, 50, 20),
    (50, 40, 25, 40),
    (50, 40, 50, 40),
    (640, 427, 280, 280),
    (333, 512, 840, 840),
    (3, 900, 840, 13),
]


def formula_image(width: int, height: int) -> np.ndarray:
    """RGB, uint8 [height, width, 3]: sharp steps next to noise-like texture, the same arithmetic as in the test."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3].astype(np.int64)
    texture = (x * 37 + y * 101 + c * 59 + x * y * 7 + (x * x + y * 3) // 5) % 256
    steps = np.where((x // 8 + y // 8 + c) % 2 == 0, 255, 0)
    return np.where((x // 16) % 2 == 0, texture, steps).astype(np.uint8)


def main() -> None:
    cases = []
    for width, height, out_width, out_height in SIZES:
        image = Image.fromarray(formula_image(width, height))
        for name, resample in FILTERS.items():
            # In two steps, because newer versions choose the order of the passes by size; models met the older, fixed order.
            rows = image.resize((out_width, height), resample)
            result = np.asarray(rows.resize((out_width, out_height), resample))
            cases.append(
                {
                    "from": [width, height],
                    "to": [out_width, out_height],
                    "filter": name,
                    "sha256": hashlib.sha256(result.tobytes()).hexdigest(),
                }
            )
    target = Path(__file__).parent.parent / "fixtures" / "resize_reference.json"
    target.write_text(
        json.dumps({"pillow": PIL.__version__, "cases": cases}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
