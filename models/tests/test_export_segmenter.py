"""The exported segmenter answers what transformers answers, for every kind of prompt."""

from __future__ import annotations

import errno
import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from think2seg_models import export_segmenter, tiny_sam
from think2seg_models.__main__ import main


@pytest.fixture(scope="module")
def model():
    torch.set_num_threads(1)
    return tiny_sam.random_model(tiny_sam.tiny_config())


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("segmenter")
    export_segmenter.export_segmenter(model, out, fp16=True)
    return out


def test_every_output_equals_the_model(model, exported):
    torch.manual_seed(1)
    worst = export_segmenter.largest_difference(model, exported)
    assert set(worst) == {
        "image_embeddings",
        "iou_scores",
        "pred_masks",
        "object_score_logits",
        "single_iou",
        "single_mask",
    }
    for name, difference in worst.items():
        assert difference < 1e-4, name


def test_both_branches_of_the_stability_rule_occur(model):
    embeddings = model.get_image_embeddings(torch.randn(1, 3, tiny_sam.IMAGE_SIZE, tiny_sam.IMAGE_SIZE))
    kept = set()
    for prompt in tiny_sam.prompts_by_kind(tiny_sam.IMAGE_SIZE, tiny_sam.IMAGE_SIZE, seed=3):
        both = tiny_sam.answer(model, embeddings, prompt, (1, 1))
        single = both["one"].pred_masks[0, 0, 0]
        kept.add(not any(torch.equal(single, mask) for mask in both["three"].pred_masks[0, 0]))
    assert kept == {True, False}


def test_a_model_in_training_mode_is_exported_for_inference(model, tmp_path):
    model.train()
    export_segmenter.export_decoder(model, tmp_path / "decoder.onnx", single=True)
    # The stability rule compares areas; without it, nothing is summed over the mask and gathered.
    operators = {node.op_type for node in onnx.load(str(tmp_path / "decoder.onnx")).graph.node}
    assert "ArgMax" in operators


def test_public_layout_has_the_public_outputs_only(model, tmp_path):
    export_segmenter.export_segmenter(model, tmp_path, single=False)
    session = onnxruntime.InferenceSession(str(tmp_path / "onnx/prompt_encoder_mask_decoder.onnx"))
    assert [output.name for output in session.get_outputs()] == ["iou_scores", "pred_masks", "object_score_logits"]
    assert set(export_segmenter.largest_difference(model, tmp_path)) >= {"iou_scores", "pred_masks"}


def test_half_precision_stays_close(exported):
    pixels = np.random.default_rng(0).normal(size=(1, 3, tiny_sam.IMAGE_SIZE, tiny_sam.IMAGE_SIZE)).astype(np.float32)
    full, half = (
        onnxruntime.InferenceSession(str(exported / f"onnx/vision_encoder{suffix}.onnx")).run(None, {"pixel_values": pixels})
        for suffix in ("", "_fp16")
    )
    for a, b in zip(full, half, strict=True):
        assert b.dtype == np.float32
        assert np.abs(a - b).max() < 0.02 * np.abs(a).max()


def test_config_files_say_what_the_product_reads(exported):
    config = json.loads((exported / "config.json").read_text())
    preprocessor = json.loads((exported / "preprocessor_config.json").read_text())
    assert config["vision_config"]["num_feature_levels"] == 3
    assert preprocessor["size"] == {"height": tiny_sam.IMAGE_SIZE, "width": tiny_sam.IMAGE_SIZE}


def test_pillow_resize_is_one_level_beside_torchvision():
    image = tiny_sam.synthetic_image(211, 157, seed=5)
    difference = tiny_sam.resize_as_pillow(image, 128).astype(int) - tiny_sam.resize_as_torchvision(image, 128)
    assert np.abs(difference).max() <= 1
    assert (difference != 0).mean() < 0.01


@pytest.fixture(scope="module")
def checkpoint(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    model.eval().save_pretrained(folder)
    return folder


def test_checkpoint_folder_to_pack_folder(checkpoint, tmp_path, capsys):
    out = tmp_path / "segmenter"
    assert main(["export-segmenter", str(checkpoint), "--out", str(out), "--precision", "fp16"]) == 0
    said = capsys.readouterr().out
    assert "GB on disk and" in said
    assert "single_mask: largest relative difference" in said
    assert sorted(path.name for path in (out / "onnx").iterdir()) == ["prompt_encoder_mask_decoder_fp16.onnx", "vision_encoder_fp16.onnx"]
    assert [path.name for path in tmp_path.iterdir()] == ["segmenter"]


def test_an_existing_folder_is_kept(checkpoint, tmp_path, capsys):
    assert main(["export-segmenter", str(checkpoint), "--out", str(tmp_path)]) == 6
    assert capsys.readouterr().err.startswith("OUTPUT_EXISTS: ")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_leaves_nothing(checkpoint, tmp_path, monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export_segmenter, "export_decoder", full)
    assert main(["export-segmenter", str(checkpoint), "--out", str(tmp_path / "out")]) == 6
    assert capsys.readouterr().err.startswith("OUTPUT_FULL: ")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_export_leaves_nothing(checkpoint, tmp_path, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(export_segmenter, "export_decoder", interrupted)
    assert main(["export-segmenter", str(checkpoint), "--out", str(tmp_path / "out")]) == 130
    assert capsys.readouterr().err.startswith("CANCELLED: ")
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_is_cleared(checkpoint, tmp_path):
    (tmp_path / ".out.exporting/onnx").mkdir(parents=True)
    (tmp_path / ".out.exporting/onnx/vision_encoder_fp16.onnx").write_bytes(b"half a model")
    assert main(["export-segmenter", str(checkpoint), "--out", str(tmp_path / "out")]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert sorted(path.name for path in (tmp_path / "out/onnx").iterdir()) == ["prompt_encoder_mask_decoder.onnx", "vision_encoder.onnx"]
