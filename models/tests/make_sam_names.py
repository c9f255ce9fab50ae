"""Writes sam_names.json.gz: names and shapes of the tensors of the authors' SAM 2.1 models, from their own package.

Needs the PyPI packages sam2, iopath, hydra-core and torchvision, which nothing else here needs:

    python models/tests/make_sam_names.py
"""

import gzip
import json
from pathlib import Path

from sam2.build_sam import build_sam2

CONFIGURATIONS = {"tiny": "t", "small": "s", "base-plus": "b+", "large": "l"}

if __name__ == "__main__":
    names = {}
    for size, letter in CONFIGURATIONS.items():
        model = build_sam2(f"configs/sam2.1/sam2.1_hiera_{letter}.yaml", None, device="cpu")
        names[size] = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    content = gzip.compress(json.dumps(names).encode(), mtime=0)
    (Path(__file__).parent / "sam_names.json.gz").write_bytes(content)
