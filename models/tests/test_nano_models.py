"""The prompter against Hugging Face's Qwen2.5-VL, the exports against PyTorch."""

import numpy as np
import onnxruntime as ort
import pytest
import torch

from think2seg_models import detections, nano_export, vocabulary
from think2seg_models.detector import LAYERS, Detector, boxes_px, detect, interior_points
from think2seg_models.nano_runtime import patches_of
from think2seg_models.prompter import Prompter, positions, prepare
from think2seg_models.prompter_data import QuestionEncoder, make_batch
from think2seg_models.questions import CONCEPT_KEYS
from think2seg_models.scene_cache import COARSE
from think2seg_models.train_prompter import forward, generate

WORDS = ["user", "assistant", "find", "the", "tank", "##s"]


@pytest.fixture(scope="module")
def words() -> vocabulary.Vocabulary:
    tokens = vocabulary.SPECIALS + vocabulary.ANSWER_TOKENS + WORDS
    return vocabulary.Vocabulary(tokens, np.random.default_rng(0).normal(size=(len(tokens), vocabulary.VECTOR_SIZE)).astype(np.float32))


@pytest.fixture(scope="module")
def prompter(words) -> Prompter:
    torch.manual_seed(0)
    model = Prompter(words).eval()
    prepare(model)
    return model


def some_detections(slots: int = 7) -> detections.Detections:
    return detections.simulate(np.random.default_rng(3), 2, slots)


def test_the_decoder_is_that_of_qwen(prompter):
    from transformers import Qwen2_5_VLConfig
    from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VLTextModel

    shape = prompter.shape
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": 10,
            "hidden_size": shape.hidden,
            "intermediate_size": shape.feed_forward,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "num_key_value_heads": shape.heads,
            "rms_norm_eps": shape.norm_epsilon,
            "pad_token_id": 0,
            "bos_token_id": 0,
            "eos_token_id": 1,
            "rope_parameters": {"rope_type": "default", "mrope_section": list(shape.mrope_section), "rope_theta": shape.rope_theta},
        }
    ).text_config
    config._attn_implementation = "eager"
    reference = Qwen2_5_VLTextModel(config).eval()
    ours = {n: w for n, w in prompter.state_dict().items() if n.startswith(("layers.", "norm."))}
    assert reference.load_state_dict(ours, strict=False).missing_keys == ["embed_tokens.weight"]
    torch.manual_seed(1)
    x = torch.randn(2, 30, shape.hidden) * 0.3
    where = positions(12, 30).expand(3, 2, -1)
    mask = torch.ones(2, 30, dtype=torch.long)
    with torch.no_grad():
        expected = reference(inputs_embeds=x, attention_mask=mask, position_ids=where).last_hidden_state
        hidden, _, _ = prompter.decode(x, where, mask)
    assert torch.allclose(hidden, expected, atol=1e-4)


def test_the_cache_changes_nothing(prompter):
    torch.manual_seed(2)
    x = torch.randn(1, 20, prompter.shape.hidden) * 0.3
    where = positions(6, 20)
    ones = torch.ones(1, 20, dtype=torch.long)
    with torch.no_grad():
        whole, _, _ = prompter.decode(x, where, ones)
        _, _, past = prompter.decode(x[:, :15], where[:, :, :15], ones[:, :15])
        rest, _, _ = prompter.decode(x[:, 15:], where[:, :, 15:], ones, past)
    assert torch.allclose(rest, whole[:, 15:], atol=1e-4)


def test_prepared_weights_look_up_and_copy_coordinates(prompter, words):
    """Before any training: if attention rests on a detection, its x0 is the number that the first separator asks for."""
    described = detections.describe(some_detections())
    table = prompter.answer_table()[words.first_number :]
    waves = described.waves[0, 0, : detections.PHASES]
    number = prompter.number(waves)
    nearest = (table @ number).argmax().item()
    assert nearest == described.bins[0, 0, 0].item()


class PieceTokenizer:
    def encode(self, text, add_special_tokens=False):
        return type("Encoding", (), {"ids": [len(vocabulary.SPECIALS) + len(vocabulary.ANSWER_TOKENS) + 4]})()


def test_batches_align_labels_and_looks(words, prompter):
    encoder = QuestionEncoder(words, PieceTokenizer())
    batch = make_batch(np.random.default_rng(0), encoder, some_detections(), noise=False)
    for sample, (prompt, answer) in enumerate(zip(batch.prompts, batch.answers, strict=True)):
        assert batch.ids[sample, len(prompt) : len(prompt) + len(answer.tokens)].tolist() == answer.tokens
        assert (batch.labels[sample, : len(prompt)] == -100).all()
    hidden, attention = forward(prompter, batch)
    assert hidden.shape == (*batch.ids.shape, prompter.shape.hidden)
    look, sample, query, key = batch.look_slots
    assert set(look.tolist()) == set(range(batch.looks))
    assert (key <= query).all()
    assert (query < batch.ids.shape[1]).all()
    assert (attention[2][sample, 0, query, key] > 0).all()
    assert len(generate(prompter, batch.described, batch.prompts, longest=3)[0]) <= 3


def test_boxes_and_points():
    logits = torch.zeros(1, 4, 2, 2)
    assert boxes_px(logits)[0, :, 0, 1].tolist() == [4.0, -4.0, 20.0, 12.0]
    mask = torch.full((1, COARSE**2), -6.0)
    mask[0, (COARSE + 1) * 3] = 6.0  # row 3, column 3
    x, y, *_ = interior_points(mask, torch.tensor([[0.0, 0.0, 10.0 * COARSE, 20.0 * COARSE]]))[0].tolist()
    assert (x, y) == (35.0, 70.0)


def test_points_in_a_mask_that_is_everywhere_sure_do_not_depend_on_rounding():
    box = torch.tensor([[0.0, 0.0, 160.0, 160.0]]).expand(50, -1)
    torch.manual_seed(0)
    rounded = torch.full((50, COARSE**2), 12.0) + torch.randn(50, COARSE**2) * 1e-3
    assert len(interior_points(rounded, box).unique(dim=0)) == 1


def peaks(*found: tuple[str, int, int, float]) -> torch.Tensor:
    """Class logits with a peak of a concept at a row and a column each."""
    logits = torch.full((1, detections.N_CLASSES, 35, 35), -9.0)
    for key, row, column, value in found:
        logits[0, CONCEPT_KEYS.index(key), row, column] = value
    return logits


def test_duplicates_and_weak_peaks_are_invalid():
    logits = peaks(("pool", 10, 10, 4.0), ("pool", 10, 12, 3.0), ("pool", 30, 30, 2.0), ("pool", 5, 30, -2.0))
    boxes, masks = torch.full((1, LAYERS, 4, 35, 35), 1.5), torch.zeros(1, LAYERS, COARSE**2, 35, 35)
    found, score = detect(logits, boxes, masks, 10, torch.full((detections.N_CLASSES,), 0.3))
    assert found.valid[0].tolist()[:4] == [True, False, True, False]
    assert score[0, 0] > 0.9


def test_a_bridge_and_its_river_are_found_at_one_place():
    logits = peaks(("river", 17, 17, 4.0), ("bridge", 17, 17, 3.0), ("pier", 17, 17, 2.0))
    boxes = torch.stack([torch.full((4, 35, 35), 2.5), torch.full((4, 35, 35), 0.5)])[None]
    found, _ = detect(logits, boxes, torch.zeros(1, LAYERS, COARSE**2, 35, 35), 10, torch.full((detections.N_CLASSES,), 0.3))
    assert [CONCEPT_KEYS[c] for c in found.category[0, :2]] == ["river", "bridge"]
    assert found.valid[0].tolist()[:3] == [True, True, False]
    wide, narrow = (found.box[0, :2, 2] - found.box[0, :2, 0]).tolist()
    assert wide > 5 * narrow


def run(path, inputs: dict) -> list[np.ndarray]:
    return ort.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, inputs)


@pytest.mark.filterwarnings("ignore")
def test_exported_language_model(tmp_path, prompter, words):
    torch.manual_seed(4)
    detector = Detector().eval()
    thresholds = torch.full((detections.N_CLASSES,), 0.005)
    nano_export.export_lvlm(detector, prompter, thresholds, len(words.tokens), tmp_path)
    frame = np.random.default_rng(0).integers(0, 256, (280, 280, 3)).astype(np.uint8)
    patches, grid = patches_of(frame, list(nano_export.CLIP_MEAN), list(nano_export.CLIP_STD)), np.array([[1, 20, 20]], np.int64)
    picture = nano_export.picture_of_patches(torch.from_numpy(patches), torch.from_numpy(grid))
    restored = (picture * torch.tensor(nano_export.CLIP_STD)[:, None, None] + torch.tensor(nano_export.CLIP_MEAN)[:, None, None]) * 255
    assert np.abs(restored[0].permute(1, 2, 0).numpy() - frame).max() < 1e-2
    (features,) = run(tmp_path / "vision_encoder.onnx", {"pixel_values": patches, "image_grid_thw": grid})
    assert features.shape == (100, prompter.shape.hidden)
    (embedded,) = run(tmp_path / "embed_tokens.onnx", {"input_ids": np.array([[1, words.first_number + 3]], np.int64)})
    assert np.abs(embedded[0] - prompter.table()[[1, words.first_number + 3]].detach().numpy()).max() < 2e-3
    names = [f"past_key_values.{i}.{p}" for i in range(prompter.shape.layers) for p in ("key", "value")]
    for length, before, keep in ((9, 0, 1), (1, 6, 1), (5, 2, 0), (5, 2, 3)):
        x = torch.randn(1, length, prompter.shape.hidden) * 0.3
        past = [torch.randn(1, prompter.shape.heads, before, prompter.shape.head_size) for _ in names]
        where = torch.arange(before, before + length).expand(3, 1, length)
        mask = torch.ones(1, before + length, dtype=torch.long)
        feeds = {
            "inputs_embeds": x.numpy(),
            "attention_mask": mask.numpy(),
            "position_ids": where.numpy(),
            "num_logits_to_keep": np.array(keep, np.int64),
        }
        logits, *present = run(tmp_path / "decoder_model_merged.onnx", feeds | {n: p.numpy() for n, p in zip(names, past, strict=True)})
        with torch.no_grad():
            hidden, _, caches = prompter.decode(x, where, mask, [(past[2 * i], past[2 * i + 1]) for i in range(prompter.shape.layers)])
            expected = prompter.logits(hidden)[:, -keep if keep else 0 :].numpy()
        assert logits.shape == (1, keep or length, len(words.tokens))
        assert np.abs(logits[..., : words.answer_size] - expected).max() < 0.05
        assert (logits[..., words.answer_size :] == nano_export.NEVER).all()
        assert np.abs(present[1] - caches[0][1].numpy()).max() < 5e-3
