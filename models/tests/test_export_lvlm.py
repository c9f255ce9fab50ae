"""The exported language model computes what transformers computes, on any grid and with any cache."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from think2seg_models import export_lvlm, tiny_qwen


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_qwen.make_tokenizer()


@pytest.fixture(scope="module")
def model(tokenizer):
    torch.set_num_threads(1)
    return tiny_qwen.make_model(tokenizer)


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("lvlm")
    export_lvlm.export_lvlm(model, out)
    return out / "onnx"


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


# Rows and columns of patches: one cell, less than a window, whole windows, part of a window on either side.
@pytest.mark.parametrize("grid", [(2, 2), (6, 4), (8, 8), (8, 16), (10, 18), (22, 6)])
@torch.no_grad()
def test_vision_encoder_on_any_grid(model, exported, grid):
    torch.manual_seed(3)
    rows, columns = grid
    pixels = torch.randn(rows * columns, 1176)
    grid_thw = torch.tensor([[1, rows, columns]])
    expected = model.model.visual(pixels, grid_thw).pooler_output.numpy()
    feeds = {"pixel_values": pixels.numpy(), "image_grid_thw": grid_thw.numpy()}
    got = session(exported / "vision_encoder.onnx").run(["image_features"], feeds)[0]
    assert got.shape == (rows * columns // 4, 128)
    np.testing.assert_allclose(got, expected, atol=1e-3)


@torch.no_grad()
def test_decoder_with_a_cache_equals_one_without(model, exported):
    torch.manual_seed(4)
    decoder = session(exported / "decoder_model_merged.onnx")
    embeds = torch.randn(1, 9, 128)
    # Axes that differ, as they do inside an image.
    positions = torch.stack([torch.arange(9), torch.arange(9) // 2, torch.arange(9) % 3])[:, None]
    hidden = model.model.language_model(inputs_embeds=embeds, position_ids=positions, use_cache=False).last_hidden_state
    expected = model.lm_head(hidden).numpy()

    caches = {value.name: np.zeros((1, 2, 0, 32), np.float32) for value in decoder.get_inputs() if "past" in value.name}
    names = [output.name for output in decoder.get_outputs()]
    rows = []
    for start, end in ((0, 4), (4, 8), (8, 9)):
        feeds = {
            "inputs_embeds": embeds[:, start:end].numpy(),
            "attention_mask": np.ones((1, end), np.int64),
            "position_ids": positions[:, :, start:end].numpy(),
            "num_logits_to_keep": np.array(end - start, np.int64),
        }
        outputs = dict(zip(names, decoder.run(names, feeds | caches), strict=True))
        caches = {name: outputs[name.replace("past_key_values", "present")] for name in caches}
        rows.append(outputs["logits"])
    np.testing.assert_allclose(np.concatenate(rows, 1), expected, atol=1e-3)

    feeds["num_logits_to_keep"] = np.array(1, np.int64)
    assert decoder.run(["logits"], feeds | {n: c[:, :, :8] for n, c in caches.items()})[0].shape[1] == 1


def test_cache_shapes_are_numbers(exported):
    decoder = session(exported / "decoder_model_merged.onnx")
    for value in (*decoder.get_inputs(), *decoder.get_outputs()):
        if "past_key_values" in value.name or "present" in value.name:
            assert value.shape[1] == 2
            assert value.shape[3] == 32


def test_external_data_is_named_as_public_conversions_name_it(exported, tmp_path):
    source = onnx.load(exported / "embed_tokens.onnx")
    path = tmp_path / "embed_tokens.onnx"
    onnx.save(source, path)
    export_lvlm.use_external_data(path)
    assert (tmp_path / "embed_tokens.onnx_data").stat().st_size > 100_000
    assert path.stat().st_size < 10_000
    feeds = {"input_ids": np.array([[1, 2, 3]], np.int64)}
    np.testing.assert_array_equal(session(path).run(None, feeds)[0], session(exported / "embed_tokens.onnx").run(None, feeds)[0])


def test_an_unknown_precision_is_named(model, tmp_path):
    with pytest.raises(ValueError, match="unknown precision 'int2', expected one of fp32"):
        export_lvlm.export_lvlm(model, tmp_path, ["int2"])


def test_the_tokenizer_gives_back_what_it_read(tokenizer):
    for text in (*tiny_qwen.CORPUS, "Größe 42 m², 🛰️"):
        assert tokenizer.decode(tokenizer(text).input_ids) == text
