"""Both forms of a SAM 2.1 checkpoint become the same model; what is no such checkpoint is named."""

import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from seeded_sam import PROMPTS, seeded_image, seeded_state
from transformers import Sam2Model, Sam2VideoConfig, Sam2VideoModel

from think2seg_models import sam_checkpoint, tiny_sam
from think2seg_models.__main__ import main
from think2seg_models.errors import ToolError

NAMES, ANSWERS = (
    json.loads(gzip.decompress((Path(__file__).parent / f"sam_{kind}.json.gz").read_bytes())) for kind in ("names", "answers")
)


@pytest.mark.parametrize("size", sam_checkpoint.SHAPES)
def test_every_tensor_of_the_authors_has_its_place(size):
    """Against names and shapes that the authors' own package gives (make_sam_names.py)."""
    with torch.device("meta"):
        model = Sam2Model(sam_checkpoint.published_config(size))
        state = {name: torch.empty(shape) for name, shape in NAMES[size].items()}
    found, tensors = sam_checkpoint.from_original(state)
    assert found == size
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    assert {name: tuple(tensor.shape) for name, tensor in tensors.items()} == expected


def original_state(size: str, seed: int = 0) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=generator) * 0.02 for name, shape in NAMES[size].items()}


def test_an_original_file_keeps_its_values(tmp_path):
    state = original_state("tiny")
    torch.save({"model": state}, tmp_path / "sam2.1_hiera_tiny.pt")
    tensors = sam_checkpoint.load_segmenter(tmp_path / "sam2.1_hiera_tiny.pt").state_dict()
    # Hand-written pairs, one of each kind of renaming.
    pairs = {
        "vision_encoder.backbone.blocks.3.mlp.proj_out.weight": "image_encoder.trunk.blocks.3.mlp.layers.1.weight",
        "vision_encoder.neck.convs.2.bias": "image_encoder.neck.convs.2.conv.bias",
        "mask_decoder.transformer.layers.1.cross_attn_image_to_token.o_proj.weight":
            "sam_mask_decoder.transformer.layers.1.cross_attn_image_to_token.out_proj.weight",
        "mask_decoder.transformer.layer_norm_final_attn.bias": "sam_mask_decoder.transformer.norm_final_attn.bias",
        "mask_decoder.output_hypernetworks_mlps.3.layers.0.weight": "sam_mask_decoder.output_hypernetworks_mlps.3.layers.1.weight",
        "mask_decoder.iou_prediction_head.proj_out.bias": "sam_mask_decoder.iou_prediction_head.layers.2.bias",
        "shared_image_embedding.positional_embedding": "sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
        "no_memory_embedding": "no_mem_embed",
    }  # fmt: skip
    for ours, theirs in pairs.items():
        assert torch.equal(tensors[ours], state[theirs]), ours
    for kind in range(4):
        assert torch.equal(
            tensors["prompt_encoder.point_embed.weight"][kind], state[f"sam_prompt_encoder.point_embeddings.{kind}.weight"][0]
        )


def features(model: Sam2Model, image: np.ndarray) -> list[torch.Tensor]:
    """What the image encoder makes of [1024,1024,3] u8."""
    mean, deviation = (torch.tensor(values)[:, None, None] for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    pixels = (torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32)) / 255 - mean) / deviation
    return model.get_image_embeddings(pixels[None])


def answer(model: Sam2Model, encoded: list[torch.Tensor], prompt: str, kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits [masks,h,w] and scores [masks] of one prompt of `seeded_sam`."""
    points, labels, box = PROMPTS[prompt]
    given = {
        "input_points": None if points is None else torch.tensor(points, dtype=torch.float32)[None, None],
        "input_labels": None if labels is None else torch.tensor(labels)[None, None],
        "input_boxes": None if box is None else torch.tensor(box, dtype=torch.float32)[None, None],
    }
    output = model(image_embeddings=encoded, multimask_output=kind == "multi", **given)
    return output.pred_masks[0, 0], output.iou_scores[0, 0]


@torch.no_grad()
@pytest.mark.parametrize("size", sam_checkpoint.SHAPES)
def test_an_original_file_answers_as_its_authors_code_does(size, tmp_path):
    """Against logits of the authors' own package with the same random weights (make_sam_answers.py)."""
    torch.save({"model": seeded_state(NAMES[size])}, tmp_path / "sam.pt")
    model = sam_checkpoint.load_segmenter(tmp_path / "sam.pt")
    encoded = features(model, seeded_image())
    for case, expected in ANSWERS[size].items():
        prompt, _, kind = case.rpartition(" ")
        logits, scores = answer(model, encoded, prompt, kind)
        assert torch.allclose(scores, torch.tensor(expected["scores"]), atol=1e-4), case
        assert torch.allclose(logits[:, ::16, ::16], torch.tensor(expected["logits"]), atol=1e-4), case


def test_a_folder_of_the_video_model_gives_its_image_model(tmp_path):
    tiny = tiny_sam.tiny_config()
    config = Sam2VideoConfig(
        vision_config=tiny.vision_config.to_dict(),
        prompt_encoder_config=tiny.prompt_encoder_config.to_dict(),
        mask_decoder_config=tiny.mask_decoder_config.to_dict(),
        image_size=tiny_sam.IMAGE_SIZE,
        memory_attention_hidden_size=64,
        memory_attention_feed_forward_hidden_size=64,
        memory_encoder_hidden_size=64,
        memory_encoder_output_channels=16,
        mask_downsampler_embed_dim=64,
        memory_fuser_embed_dim=64,
    )
    torch.manual_seed(0)
    video = Sam2VideoModel(config)
    video.save_pretrained(tmp_path)
    image = sam_checkpoint.load_segmenter(tmp_path).state_dict()
    known = video.state_dict()
    assert len(image) > 200
    for name, tensor in image.items():
        assert torch.equal(tensor, known[name]), name


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("sam")
    tiny_sam.random_model(tiny_sam.tiny_config()).save_pretrained(path)
    return path


def test_bad_folders(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "sam")
    config = json.loads((folder / "config.json").read_text())

    def refused(code: str) -> None:
        with pytest.raises(ToolError) as error:
            sam_checkpoint.load_segmenter(tmp_path / "sam")
        assert error.value.code == code

    (tmp_path / "sam/config.json").write_text(json.dumps(config | {"model_type": "sam"}))
    refused("CHECKPOINT_UNSUPPORTED")
    changed = json.loads(json.dumps(config))
    changed["mask_decoder_config"]["mlp_dim"] = 32
    (tmp_path / "sam/config.json").write_text(json.dumps(changed))
    refused("CHECKPOINT_MISMATCH")
    changed["mask_decoder_config"] = config["mask_decoder_config"] | {"num_hidden_layers": 3}
    (tmp_path / "sam/config.json").write_text(json.dumps(changed))
    refused("CHECKPOINT_INCOMPLETE")
    changed["mask_decoder_config"] = config["mask_decoder_config"] | {"hidden_size": "wide"}
    (tmp_path / "sam/config.json").write_text(json.dumps(changed))
    refused("INPUT_CORRUPT")
    (tmp_path / "sam/config.json").write_text(json.dumps(config | {"model_type": "sam", "architectures": 5}))
    refused("CHECKPOINT_UNSUPPORTED")
    (tmp_path / "sam/config.json").write_text(json.dumps(config))
    (tmp_path / "sam/model.safetensors").unlink()
    refused("CHECKPOINT_INCOMPLETE")


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def strip_metadata(index):
    index.write_text(json.dumps({"weight_map": json.loads(index.read_text())["weight_map"]}))


@pytest.mark.parametrize(
    ("damage", "code", "told"),
    [
        (lambda folder: (folder / "model-00002-of-00005.safetensors").unlink(), "CHECKPOINT_INCOMPLETE", "model-00002-of-00005"),
        (lambda folder: cut(folder / "model-00002-of-00005.safetensors"), "INPUT_CORRUPT", "cannot be read"),
        (lambda folder: cut(folder / "model.safetensors.index.json"), "INPUT_CORRUPT", "index.json is no JSON"),
        (lambda folder: (folder / "model.safetensors.index.json").write_text("{}"), "INPUT_CORRUPT", "index.json has no weight_map"),
        (lambda folder: strip_metadata(folder / "model.safetensors.index.json"), "INPUT_CORRUPT", "metadata"),
    ],
)
def test_bad_shards(damage, code, told, tmp_path):
    tiny_sam.random_model(tiny_sam.tiny_config()).save_pretrained(tmp_path, max_shard_size="500KB")
    sam_checkpoint.load_segmenter(tmp_path)
    damage(tmp_path)
    with pytest.raises(ToolError, match=told) as error:
        sam_checkpoint.load_segmenter(tmp_path)
    assert error.value.code == code


def test_bad_files(tmp_path):
    path = tmp_path / "sam.pt"

    def refused(code: str) -> None:
        with pytest.raises(ToolError) as error:
            sam_checkpoint.load_segmenter(path)
        assert error.value.code == code

    refused("INPUT_NOT_FOUND")
    path.write_bytes(b"no zip")
    refused("INPUT_CORRUPT")
    state = original_state("tiny")
    torch.save({"model": {**state, "image_encoder_of_sam_1": torch.zeros(1)}}, path)
    refused("CHECKPOINT_UNSUPPORTED")
    torch.save({"model": {name: t for name, t in state.items() if "blocks.11." not in name}}, path)
    refused("CHECKPOINT_UNSUPPORTED")
    torch.save({"model": {name: t for name, t in state.items() if "conv_s0" not in name}}, path)
    refused("CHECKPOINT_INCOMPLETE")
    torch.save({"model": state | {"sam_mask_decoder.conv_s0.bias": torch.zeros(5)}}, path)
    refused("CHECKPOINT_MISMATCH")


@pytest.mark.parametrize(
    "content", [[torch.zeros(1)], torch.zeros(1), 5, {"model": []}, {"model": {1: torch.zeros(1)}}, {"model": {"a": 5}}]
)
def test_a_file_of_something_else_is_named(content, tmp_path):
    torch.save(content, tmp_path / "sam.pt")
    with pytest.raises(ToolError, match="expected the named tensors of SAM 2") as error:
        sam_checkpoint.load_segmenter(tmp_path / "sam.pt")
    assert error.value.code == "CHECKPOINT_UNSUPPORTED"


def test_the_command_says_the_code(tmp_path, capsys):
    assert main(["export-segmenter", str(tmp_path / "nothing"), "--out", str(tmp_path / "out")]) == 3
    assert capsys.readouterr().err.startswith("INPUT_NOT_FOUND: ")
    assert list(tmp_path.iterdir()) == []
