"""The weights of a prompter back from its pack: they answer as those that the pack was made of."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from think2seg_models import detections, nano_export, vocabulary
from think2seg_models.__main__ import main
from think2seg_models.class_pairs import DETECTION_SLOTS, PAIR_SLOTS, compact, see
from think2seg_models.detector import Detector
from think2seg_models.errors import ToolError
from think2seg_models.nano_pack import write_lvlm_settings
from think2seg_models.pack_weights import prompter_of, vocabulary_of
from think2seg_models.prompter import Prompter, positions
from think2seg_models.prompter_data import QuestionEncoder
from think2seg_models.train_prompter import generate
from think2seg_models.vocabulary import Vocabulary, build_tokenizer

WORDS = ["user", "assistant", "find", "the", "tank", "##s", "nahe", "größte"]
pytestmark = pytest.mark.filterwarnings("ignore:Constant folding", "ignore:To copy construct")
QUESTIONS = ("find the tank", "the tanks", "find find find the tank tank", "tank")


@dataclass
class Packed:
    words: Vocabulary
    prompter: Prompter
    pack: Path


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Packed:
    """Random weights and the part of a pack that is made of them, with a narrow detector."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("pack")
    tokens = vocabulary.SPECIALS + vocabulary.ANSWER_TOKENS + WORDS
    vectors = np.random.default_rng(0).normal(size=(len(tokens), vocabulary.VECTOR_SIZE)).astype(np.float32)
    Vocabulary(tokens, vectors).save(folder / "vocabulary")
    words = Vocabulary.load(folder / "vocabulary")
    torch.manual_seed(0)
    prompter = Prompter(words).eval()
    for name, weight in prompter.named_parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, 0, 1.6 / weight[0].numel() ** 0.5 if name.startswith("layers") else 0.2)
        elif weight.ndim == 1:
            torch.nn.init.normal_(weight, float(name.endswith("norm.weight")), 0.1)
    torch.nn.init.constant_(prompter.logit_scale, 1.7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("think2seg_models.detector.WIDTHS", (8, 8, 8, 8))
        detector = Detector().eval()
    nano_export.export_lvlm(detector, prompter, torch.full((detections.N_CLASSES,), 0.3), len(tokens), folder / "lvlm/onnx")
    write_lvlm_settings(folder / "lvlm", words, prompter.shape)
    return Packed(words, prompter, folder)


@torch.no_grad()
def logits_of(prompter: Prompter, words: Vocabulary) -> torch.Tensor:
    """Of a picture, a question and the beginning of an answer."""
    described, _ = see(compact(detections.simulate(np.random.default_rng(3), 1, 100), DETECTION_SLOTS), PAIR_SLOTS)
    encoder = QuestionEncoder(words, build_tokenizer(words))
    prompt = encoder.prompt(encoder.encode("find the tanks"), 100)
    ids = torch.tensor([[*prompt, *range(len(vocabulary.SPECIALS), words.answer_size, 9)]])
    embedded = prompter.embed(ids)
    slots = ids[0] == vocabulary.SPECIALS.index("<|image_pad|>")
    embedded[0, slots] = prompter.embed_detections(described)[0]
    hidden, _, _ = prompter.decode(embedded, positions(100, ids.shape[1]), torch.ones_like(ids))
    return prompter.logits(hidden)[0, ~slots]


def test_the_vocabulary_comes_back(packed):
    back = vocabulary_of(packed.pack)
    assert back.tokens == packed.words.tokens
    assert back.first_number == packed.words.first_number
    of_words = slice(packed.words.answer_size, None)
    assert np.abs(back.vectors[of_words] - packed.words.vectors[of_words]).max() < 2e-3 * np.abs(packed.words.vectors).max()


def test_the_weights_come_back_in_half_precision(packed):
    back, before = prompter_of(packed.pack), packed.prompter
    assert torch.allclose(back.table(), before.table(), atol=4e-3 * before.table().abs().max().item())
    assert back.logit_scale.item() == pytest.approx(1.7, rel=1e-3)
    for (name, weight), original in zip(back.named_parameters(), before.parameters(), strict=True):
        if not name.startswith("number"):  # which only its table says
            assert torch.allclose(weight, original, rtol=2e-3, atol=2e-3 * original.abs().max().item()), name


def test_logits_and_answers_are_those_of_the_weights_before(packed):
    back = prompter_of(packed.pack)
    ours, theirs = logits_of(back, packed.words), logits_of(packed.prompter, packed.words)
    assert (ours - theirs).abs().max() < 0.02 * theirs.abs().max()
    encoder = QuestionEncoder(packed.words, build_tokenizer(packed.words))
    prompts = [encoder.prompt(encoder.encode(question), 100) for question in QUESTIONS]
    described, _ = see(compact(detections.simulate(np.random.default_rng(5), len(QUESTIONS), 100), DETECTION_SLOTS), PAIR_SLOTS)
    with torch.no_grad():
        before, after = (generate(model, described, prompts, 12) for model in (packed.prompter, back))
    assert before == after
    assert len({tuple(answer) for answer in before}) > 1


def test_other_vectors_of_the_same_words_are_fitted_to_the_embeddings(packed):
    turned = np.linalg.qr(np.random.default_rng(1).normal(size=(vocabulary.VECTOR_SIZE,) * 2))[0].astype(np.float32)
    other = Vocabulary(packed.words.tokens, packed.words.vectors @ turned)
    back = prompter_of(packed.pack, other)
    assert torch.allclose(back.vectors, torch.from_numpy(other.vectors[other.answer_size :]))
    assert torch.allclose(back.table(), packed.prompter.table(), atol=4e-3 * packed.prompter.table().abs().max().item())


def test_words_that_both_vocabularies_have_keep_their_embedding(packed):
    """The new vocabulary lacks a word, has another one, and has the rest in another order."""
    size, words = packed.words.answer_size, packed.words
    kept = np.r_[np.arange(size), np.arange(size + 1, len(words.tokens))[::-1]]
    vectors = np.r_[words.vectors[kept], np.ones((1, vocabulary.VECTOR_SIZE), np.float32)]
    back = prompter_of(packed.pack, Vocabulary([*(words.tokens[number] for number in kept), "yonderly"], vectors))
    before = packed.prompter.table()
    assert len(back.table()) == len(before)
    assert torch.allclose(back.table()[:-1], before[kept], atol=4e-3 * before.abs().max().item())


def test_a_vocabulary_without_a_word_of_the_pack_is_refused(packed):
    size = packed.words.answer_size
    other = Vocabulary([*packed.words.tokens[:size], "yonderly"], packed.words.vectors[: size + 1])
    with pytest.raises(ToolError, match="shares words") as refused:
        prompter_of(packed.pack, other)
    assert refused.value.code == "INPUT_CORRUPT"


@pytest.mark.parametrize("work", ["", "no-vocabulary"])
def test_weights_of_pack_writes_what_a_prompter_loads(packed, tmp_path, work):
    out = tmp_path / "prompter.pt"
    assert main(["weights-of-pack", "--work", str(packed.pack / work), "--pack", str(packed.pack), "--out", str(out)]) == 0
    model = Prompter(packed.words)
    model.load_state_dict(torch.load(out))
    assert torch.allclose(model.table(), packed.prompter.table(), atol=4e-3 * packed.prompter.table().abs().max().item())
