"""Writes sam_answers.json.gz: what the authors' own code answers with seeded random weights, to compare ours with.

Needs the PyPI packages sam2, iopath, hydra-core and torchvision, which nothing else here needs:

    python models/tests/make_sam_answers.py
"""

import gzip
import json
from pathlib import Path

import torch
from make_sam_names import CONFIGURATIONS
from sam2.build_sam import build_sam2
from sam2.sam2_image_predictor import SAM2ImagePredictor
from seeded_sam import PROMPTS, seeded_image, seeded_state


def answers(size: str) -> dict[str, dict[str, list]]:
    """Per prompt: `multi` [3,h,w] and `single` [1,h,w] logits and scores; of the logits every 16th in both directions."""
    model = build_sam2(f"configs/sam2.1/sam2.1_hiera_{CONFIGURATIONS[size]}.yaml", None, device="cpu")
    model.load_state_dict(seeded_state({name: list(tensor.shape) for name, tensor in model.state_dict().items()}))
    predictor = SAM2ImagePredictor(model)
    predictor.set_image(seeded_image())
    found = {}
    for name, (points, labels, box) in PROMPTS.items():
        for kind in ("multi", "single"):
            _, scores, logits = predictor.predict(
                point_coords=points, point_labels=labels, box=box, multimask_output=kind == "multi", return_logits=True
            )
            found[f"{name} {kind}"] = {"scores": scores.tolist(), "logits": logits[:, ::16, ::16].round(5).tolist()}
    return found


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    content = gzip.compress(json.dumps({size: answers(size) for size in CONFIGURATIONS}).encode(), mtime=0)
    (Path(__file__).parent / "sam_answers.json.gz").write_bytes(content)
