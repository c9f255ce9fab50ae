"""The exported language model computes what transformers computes, on any grid and with any cache."""

from __future__ import annotations

import errno
import hashlib
import json
import re
import shutil

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper
from safetensors.torch import load_file, save_file
from transformers import Qwen2_5_VLForConditionalGeneration

from think2seg_models import data_file, export_lvlm, tiny_qwen, tokenizer_files, weight_formats
from think2seg_models.__main__ import main
from think2seg_models.checkpoint import Checkpoint, read_rows
from think2seg_models.errors import ToolError
from think2seg_models.pack_files import external_data_of
from think2seg_models.weight_formats import StoredWeight


@pytest.fixture(scope="module")
def checkpoint(qwen_checkpoint):
    return qwen_checkpoint


@pytest.fixture(scope="module")
def model(checkpoint):
    return Qwen2_5_VLForConditionalGeneration.from_pretrained(checkpoint).eval()


@pytest.fixture(scope="module")
def out(qwen_export):
    return qwen_export


@pytest.fixture(scope="module")
def exported(out):
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


def test_external_data_is_named_as_public_conversions_name_it(exported):
    assert external_data_of(exported / "decoder_model_merged_q4.onnx") == {"decoder_model_merged_q4.onnx_data"}
    assert (exported / "embed_tokens.onnx").stat().st_size < 10_000 < (exported / "embed_tokens.onnx_data").stat().st_size


def test_files_say_nothing_of_the_machine_that_wrote_them(exported):
    for path in exported.glob("*.onnx"):
        assert b"think2seg_models" not in path.read_bytes(), path.name


def arrays_of(path):
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}


@torch.no_grad()
def test_quantised_weights_lie_within_half_a_step(model, exported):
    """Of MatMulNBits and of the embedding, computed from the stored arrays by hand."""
    arrays = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(exported / "decoder_model_merged_q4.onnx").graph.initializer
    }
    name = "text.layers.1.mlp.down_proj.weight"
    packed, scales = arrays[f"{name}.packed"], arrays[f"{name}.scales"][..., None]
    nibbles = np.stack((packed & 15, packed >> 4), -1).reshape(*packed.shape[:2], 32).astype(np.float32)
    values = ((nibbles - 8) * scales).reshape(128, 256)
    difference = np.abs(values - model.model.language_model.layers[1].mlp.down_proj.weight.numpy())
    # Sixteen steps from -8 to 7: the end that has no 8 is off by up to one step, everything else by half of one.
    assert (difference.reshape(128, 8, 32) <= np.abs(scales) * 1.001).all()
    assert (difference.reshape(128, 8, 32) <= np.abs(scales) * 0.501).mean() > 0.9

    arrays = arrays_of(exported / "embed_tokens_int8.onnx")
    codes, scales = arrays["text.embed_tokens.weight.codes"], arrays["text.embed_tokens.weight.scales"]
    assert (np.abs(codes * scales - model.get_input_embeddings().weight.numpy()) <= scales * 0.501).all()


def test_settings_come_along(checkpoint, out):
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "chat_template.jinja"):
        assert (out / name).read_bytes() == (checkpoint / name).read_bytes(), name
    assert not (out / "plan.json").exists()
    assert [path.name for path in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize("place", ["chat_template.json", "tokenizer_config.json"])
def test_an_older_chat_template_becomes_a_file(checkpoint, tmp_path, place):
    source = copy_of(checkpoint, tmp_path / "source")
    template = (source / "chat_template.jinja").read_text()
    (source / "chat_template.jinja").unlink()
    content = json.loads((source / place).read_text()) if (source / place).exists() else {}
    (source / place).write_text(json.dumps(content | {"chat_template": template}))
    assert tokenizer_files.chat_template(source) == template


def test_image_preprocessing_that_is_nowhere_is_named(tmp_path):
    (tmp_path / "processor_config.json").write_text("{}")
    with pytest.raises(ToolError, match=r"CHECKPOINT_INCOMPLETE: .*processor_config.json has no image_processor"):
        tokenizer_files.image_preprocessing(tmp_path)


def digest(folder):
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*.onnx*"))}


def test_an_interrupted_export_goes_on_where_it_stopped(checkpoint, out, tmp_path, monkeypatch, capsys):
    target = tmp_path / "lvlm"
    seen = []

    def interrupted(self, weight):
        seen.append(weight.name)
        if len(seen) == 60:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(export_lvlm.Progress, "one_more", interrupted)
        assert main(["export-lvlm", str(checkpoint), "--out", str(target), "--precision", "int4", "fp32"]) == 130
    assert "run the same command again" in capsys.readouterr().err
    assert not target.exists()
    # As a kill in the middle of a weight leaves it: longer than what the journal says.
    unfinished = next(tmp_path.rglob("*.done")).with_suffix("")
    with unfinished.open("ab") as data:
        data.write(b"half a weight")

    written = []
    write = data_file._write
    monkeypatch.setattr(data_file, "_write", lambda data, weight, extents: (written.append(weight.name), write(data, weight, extents)))
    assert main(["export-lvlm", str(checkpoint), "--out", str(target), "--precision", "int4", "fp32"]) == 0
    assert "GB of it are there already" in capsys.readouterr().out
    # One embedding, 47 vision weights and 38 decoder weights, in two formats; 60 of them were there.
    whole = sum(len(list(external_weights(target / "onnx" / name))) for name in digest(target / "onnx") if name.endswith(".onnx"))
    assert len(written) == whole - 60
    expected = digest(out)
    assert digest(target) == {name: expected[name] for name in digest(target)}


def external_weights(path):
    names = {t.name.rsplit(".", 1)[0] if t.name.endswith(("packed", "scales", "codes")) else t.name
             for t in onnx.load(path, load_external_data=False).graph.initializer if t.external_data}  # fmt: skip
    return sorted(names)


def test_another_plan_starts_anew(checkpoint, tmp_path):
    staging = tmp_path / ".lvlm.exporting"
    staging.mkdir()
    (staging / "plan.json").write_text('{"format": 0}')
    (staging / "stale").write_text("")
    export_lvlm.export_lvlm(checkpoint, tmp_path / "lvlm", ["q4"])
    assert not (tmp_path / "lvlm/stale").exists()


def test_pieces_make_the_same_bytes_as_whole_matrices(checkpoint, monkeypatch):
    places = Checkpoint(checkpoint).places()
    place = places["text.layers.0.mlp.up_proj.weight"]
    for kind in ("plain", "transposed", "blocks4", "blocks8", "row_codes"):
        weight = StoredWeight("w", place, kind, np.dtype(np.float32))
        whole = b"".join(chunk.tobytes() for chunk in weight.chunks())
        with monkeypatch.context() as patch:
            patch.setattr(weight_formats, "CHUNK_VALUES", 1000)
            chunks = list(weight.chunks())
        assert len(chunks) > 10
        assert b"".join(chunk.tobytes() for chunk in chunks) == whole
        assert len(whole) == sum(tensor.nbytes for tensor in weight.tensors)


def copy_of(checkpoint, target):
    shutil.copytree(checkpoint, target)
    return target


def edit_config(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    config["text_config"] |= changes.pop("text_config", {})
    (folder / "config.json").write_text(json.dumps(config | changes))


def shard(folder):
    """The weights as two shards with an index."""
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    halves = {"a.safetensors": sorted(tensors)[::2], "b.safetensors": sorted(tensors)[1::2]}
    for file, names in halves.items():
        save_file({name: tensors[name] for name in names}, folder / file, {"format": "pt"})
    index = {name: file for file, names in halves.items() for name in names}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))


def damage_architecture(folder):
    edit_config(folder, model_type="llama", architectures=["LlamaForCausalLM"])


def damage_size(folder):
    edit_config(folder, text_config={"intermediate_size": 512})


def damage_tokenizer(folder):
    edit_config(folder, image_token_id=3)


def damage_shard(folder):
    shard(folder)
    (folder / "b.safetensors").unlink()


def damage_content(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def damage_tensor(folder):
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.norm.weight"]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def damage_window(folder):
    edit_config(folder, text_config={"use_sliding_window": True})


def remove_weights(folder):
    (folder / "model.safetensors").unlink()


def remove_tokenizer(folder):
    (folder / "tokenizer.json").unlink()


def damage_type(folder):
    edit_config(folder, text_config={"hidden_size": "wide"})


def damage_name(folder):
    edit_config(folder, model_type="llama", architectures=5)


def remove_image_token(folder):
    config = json.loads((folder / "config.json").read_text())
    del config["image_token_id"]
    (folder / "config.json").write_text(json.dumps(config))


def rewrite(name, text):
    return lambda folder: (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_architecture, "CHECKPOINT_UNSUPPORTED: .* is a LlamaForCausalLM, expected a Qwen2_5_VL"),
        (damage_window, "CHECKPOINT_UNSUPPORTED: .* sliding window"),
        (damage_shard, "CHECKPOINT_INCOMPLETE: .* lacks b.safetensors of 2 shards"),
        (remove_weights, "CHECKPOINT_INCOMPLETE: .* neither model.safetensors nor"),
        (damage_tensor, "CHECKPOINT_INCOMPLETE: .* no tensor text.norm.weight"),
        (remove_tokenizer, "CHECKPOINT_INCOMPLETE: .*tokenizer.json is missing"),
        (damage_content, "INPUT_CORRUPT: .*model.safetensors cannot be read"),
        (damage_size, r"CHECKPOINT_MISMATCH: .*\[256, 128\], config.json says \[512, 128\]"),
        (damage_tokenizer, "CHECKPOINT_MISMATCH: .* the model expects 3"),
        (damage_type, "INPUT_CORRUPT: .*config.json: .*'hidden_size' expected int"),
        (damage_name, "CHECKPOINT_UNSUPPORTED: .* is a llama, expected"),
        (remove_image_token, "INPUT_CORRUPT: .*config.json has image_token_id None"),
        (rewrite("tokenizer.json", "{}"), "INPUT_CORRUPT: .*tokenizer.json is no tokenizer"),
        (rewrite("tokenizer.json", '{"model": {"type": "BPE", "vocab": {}, "merges": []}}'), "CHECKPOINT_MISMATCH: .*the id None"),
        (rewrite("model.safetensors.index.json", "{}"), "INPUT_CORRUPT: .*index.json has no weight_map"),
        (rewrite("model.safetensors.index.json", '{"weight_map": []}'), "INPUT_CORRUPT: .*index.json has no weight_map"),
        (rewrite("model.safetensors.index.json", '{"weight_map": {"a": 5}}'), "INPUT_CORRUPT: .*index.json has no weight_map"),
    ],
)
def test_a_damaged_checkpoint_is_refused_before_anything_is_written(checkpoint, tmp_path, capsys, damage, message):
    source = copy_of(checkpoint, tmp_path / "source")
    damage(source)
    assert main(["export-lvlm", str(source), "--out", str(tmp_path / "out")]) == 3
    assert re.match(message, capsys.readouterr().err)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_shards_give_what_one_file_gives(checkpoint, tmp_path):
    source = copy_of(checkpoint, tmp_path / "source")
    shard(source)
    one, two = (Checkpoint(folder).places() for folder in (checkpoint, source))
    for name in one:
        assert torch.equal(read_rows(one[name], 0, 99), read_rows(two[name], 0, 99))


def test_a_disk_that_fills_up_is_named_and_the_export_can_go_on(checkpoint, tmp_path, monkeypatch, capsys):
    def full(self, weight):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(export_lvlm.Progress, "one_more", full)
        assert main(["export-lvlm", str(checkpoint), "--out", str(tmp_path / "out")]) == 6
    assert capsys.readouterr().err.startswith("OUTPUT_FULL: no space left")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6, 1000))
        assert main(["export-lvlm", str(checkpoint), "--out", str(tmp_path / "out")]) == 6
    assert "are needed" in capsys.readouterr().err


def test_an_existing_folder_is_kept(checkpoint, out, capsys):
    before = digest(out)
    assert main(["export-lvlm", str(checkpoint), "--out", str(out)]) == 6
    assert capsys.readouterr().err.startswith("OUTPUT_EXISTS: ")
    assert digest(out) == before


def test_an_unknown_precision_is_named(checkpoint, tmp_path):
    with pytest.raises(ToolError, match="unknown precision 'int2', expected some of fp32"):
        export_lvlm.export_lvlm(checkpoint, tmp_path / "out", ["int2"])


def test_the_tokenizer_gives_back_what_it_read():
    tokenizer = tiny_qwen.make_tokenizer()
    for text in (*tiny_qwen.CORPUS, "Größe 42 m², 🛰️"):
        assert tokenizer.decode(tokenizer(text).input_ids) == text
