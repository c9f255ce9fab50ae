"""The pack as it lies in the repository: files, sums, contract, and that it answers."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import rasterio

from think2seg_models.nano_runtime import NanoRuntime

PACK = Path(__file__).parents[1] / "nano"
SAMPLE = Path(__file__).parents[2] / "resources/sample/harbour.tif"
EMBEDDINGS = ["image_embeddings.0", "image_embeddings.1", "image_embeddings.2"]
CACHE = [f"{i}.{part}" for i in range(4) for part in ("key", "value")]


@pytest.fixture(scope="module")
def runtime() -> NanoRuntime:
    return NanoRuntime(PACK)


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    with rasterio.open(SAMPLE) as raster:
        return raster.read((1, 2, 3)).transpose(1, 2, 0)


def test_manifest_lists_every_file_with_its_sum():
    manifest = json.loads((PACK / "pack.json").read_text())
    listed = {f["path"]: f for f in manifest["files"]}
    assert set(listed) == {p.relative_to(PACK).as_posix() for p in PACK.rglob("*") if p.is_file()} - {"pack.json"}
    for path, entry in listed.items():
        content = (PACK / path).read_bytes()
        assert entry["bytes"] == len(content)
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    assert sum(entry["bytes"] for entry in listed.values()) <= 20_000_000


@pytest.mark.parametrize(
    ("file", "inputs", "outputs"),
    [
        ("lvlm/onnx/vision_encoder.onnx", ["pixel_values", "image_grid_thw"], ["image_features"]),
        ("lvlm/onnx/embed_tokens.onnx", ["input_ids"], ["inputs_embeds"]),
        (
            "lvlm/onnx/decoder_model_merged.onnx",
            ["inputs_embeds", "attention_mask", "position_ids", "num_logits_to_keep", *[f"past_key_values.{n}" for n in CACHE]],
            ["logits", *[f"present.{n}" for n in CACHE]],
        ),
        ("segmenter/onnx/vision_encoder.onnx", ["pixel_values"], EMBEDDINGS),
        (
            "segmenter/onnx/prompt_encoder_mask_decoder.onnx",
            ["input_points", "input_labels", "input_boxes", *EMBEDDINGS],
            ["iou_scores", "pred_masks", "object_score_logits", "single_iou", "single_mask"],
        ),
    ],
)
def test_graphs_have_the_contracted_inputs_and_outputs(file, inputs, outputs):
    session = ort.InferenceSession(str(PACK / file), providers=["CPUExecutionProvider"])
    assert [i.name for i in session.get_inputs()] == inputs
    assert [o.name for o in session.get_outputs()] == outputs
    assert {i.type for i in session.get_inputs()} <= {"tensor(float)", "tensor(int64)"}


def test_the_configuration_is_one_that_transformers_reads():
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(PACK / "lvlm")
    assert config.model_type == "qwen2_5_vl"
    assert config.text_config.hidden_size == 256
    assert config.image_token_id == 5


def test_one_placeholder_becomes_one_hundred_tokens(runtime):
    ids = runtime.prompt_ids("Where?", 100)
    assert ids.count(runtime.image_token) == 100
    where, following = runtime.positions(ids)
    assert where.shape == (3, 1, len(ids))
    assert following == where.max() + 1


@pytest.mark.parametrize("question", ["Where is liquid fuel kept in bulk?", "Which tank is the largest?"])
def test_it_finds_tanks_in_the_sample_scene(runtime, sample, question):
    frame = runtime.frame(sample)
    reply = runtime.ask(frame, question)
    assert "storage tank" in reply.text
    assert reply.prompts
    mask = runtime.outline(runtime.encode(frame), reply.prompts, (1024, 1024))
    assert 0.001 < mask.mean() < 0.2


def test_it_says_when_there_is_nothing(runtime, sample):
    reply = runtime.ask(runtime.frame(sample), "Where could passengers board a flight?")
    assert reply.prompts == []


def test_the_question_decides(runtime, sample):
    frame = runtime.frame(sample)
    tanks, lake = (runtime.ask(frame, q).text for q in ("mark the oil tanks", "mark the lake"))
    assert "storage tank" in tanks
    assert "open water" in lake
