"""Every size of SAM 2.1, as deep as published and narrow, through export and assembly to a mask of the application."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from checkpoints import FRAME_PX, narrow_sam
from PIL import Image

from think2seg_models.__main__ import main
from think2seg_models.export_segmenter import preprocessor_config
from think2seg_models.sam_checkpoint import SHAPES, load_segmenter
from think2seg_models.verify_segmenter import MaskPrompt, reference_masks

REPOSITORY = Path(__file__).resolve().parents[2]
PROMPT = {"bbox_2d": [14, 10, 60, 66], "positive_points": [[30, 30], [40, 44]]}


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Of the size of the model frame, so that nothing is resized before the segmenter. Blocks, for a random model sees no noise."""
    path = tmp_path_factory.mktemp("scene") / "scene.tif"
    coarse = np.random.default_rng(0).integers(0, 256, (7, 7, 3), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(coarse).resize((FRAME_PX, FRAME_PX), Image.Resampling.BICUBIC))
    transform = rasterio.transform.from_origin(500000, 4000000, 0.5, 0.5)
    profile = {"driver": "GTiff", "width": FRAME_PX, "height": FRAME_PX, "count": 3, "dtype": "uint8", "photometric": "RGB"}
    with rasterio.open(path, "w", **profile, crs="EPSG:32631", transform=transform) as target:
        target.write(pixels.transpose(2, 0, 1))
    return path, Image.fromarray(pixels)


@pytest.mark.skipif(not (REPOSITORY / "node_modules").is_dir(), reason="needs the application: npm ci")
@pytest.mark.parametrize("size", SHAPES)
def test_the_application_outlines_as_the_checkpoint_does(size, scene, qwen_export, tmp_path):
    raster, frame = scene
    torch.set_num_threads(1)
    narrow_sam(size).save_pretrained(tmp_path / "sam")
    assert main(["export-segmenter", str(tmp_path / "sam"), "--out", str(tmp_path / "segmenter")]) == 0
    schema = {"frame": [FRAME_PX, FRAME_PX], "box": True, "positivePoints": 2, "negativePoints": 0, "maxNewTokens": 64}
    texts = {"template": "Find {question}.", "schema": json.dumps(schema), "licence": "Do what you like.\n"}
    options = ["--lvlm", str(qwen_export), "--segmenter", str(tmp_path / "segmenter")]
    options += ["--licence-id", "CC0-1.0", "--id", size, "--title", size, "--out", str(tmp_path / "pack")]
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        options += [f"--{name}", str(tmp_path / name)]
    assert main(["assemble", *options]) == 0

    (tmp_path / "prompts.json").write_text(json.dumps([PROMPT]))
    done = subprocess.run(
        ["node", REPOSITORY / "src-main/think2seg.mjs", "segment", raster, "--pack", tmp_path / "pack",
         "--prompts", tmp_path / "prompts.json", "--mode", "reference", "--provider", "cpu", "--mask", tmp_path / "mask.tif", "--quiet"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with rasterio.open(tmp_path / "mask.tif") as mask:
        got = mask.read(1) > 0
    model = load_segmenter(tmp_path / "sam")
    settings = preprocessor_config(model.config.prompt_encoder_config.image_size)
    prompts = [MaskPrompt(PROMPT["bbox_2d"], PROMPT["positive_points"])]
    expected = reference_masks(model, settings, frame, prompts, single=True)[0]
    assert 0.02 < expected.mean() < 0.98
    assert (got != expected).mean() < 0.005
