"""The nano prompter as a checkpoint: it answers as its own code does, TRL trains it, and what was trained goes back."""

import json
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import BatchFeature
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VLModel

from think2seg_models import mask_judge, train_prompter, vocabulary
from think2seg_models.__main__ import main
from think2seg_models.class_pairs import DETECTION_SLOTS, PAIR_SLOTS, compact, see
from think2seg_models.detector import Detector, detect
from think2seg_models.errors import ToolError
from think2seg_models.nano_checkpoint import NanoForConditionalGeneration, NanoModel
from think2seg_models.prompter import Prompter
from think2seg_models.prompter_data import QuestionEncoder
from think2seg_models.questions import CONCEPT_KEYS
from think2seg_models.train_prompter import generate
from think2seg_models.trainee import load_processor

PACK = Path(__file__).parents[1] / "nano"
QUESTIONS = ("find the tank", "the tanks", "find find find the tank tank", "tank")
NEW_TOKENS = 24


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Random weights, with a detector that finds something, and the checkpoint made of them."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("nano")
    tokens = vocabulary.SPECIALS + vocabulary.ANSWER_TOKENS + ["user", "assistant", "find", "the", "tank", "##s"]
    vectors = np.random.default_rng(0).normal(size=(len(tokens), vocabulary.VECTOR_SIZE)).astype(np.float32)
    words = vocabulary.Vocabulary(tokens, vectors)
    words.save(folder / "vocabulary")
    torch.manual_seed(0)
    prompter = Prompter(words)
    for name, weight in prompter.named_parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, 0, 1.6 / weight[0].numel() ** 0.5 if name.startswith("layers") else 0.2)
    torch.save(prompter.state_dict(), folder / "prompter.pt")
    detector = Detector()
    torch.nn.init.normal_(detector.class_head.weight, 0, 40.0)
    torch.nn.init.normal_(detector.box_head.weight, 0, 5.0)
    torch.save(detector.state_dict(), folder / "detector.pt")
    (folder / "thresholds.json").write_text(json.dumps(dict.fromkeys(CONCEPT_KEYS, 0.3)))
    assert main(["nano-checkpoint", "--work", str(folder), "--out", str(folder / "checkpoint")]) == 0
    return folder


def pictures() -> list[Image.Image]:
    random = np.random.default_rng(1)
    side = vocabulary.FRAME_PX // 20
    return [
        Image.fromarray(np.kron(random.integers(0, 256, (20, 20, 3), dtype=np.uint8), np.ones((side, side, 1), np.uint8))) for _ in range(2)
    ]


@torch.no_grad()
def own_answers(work, frames: list[Image.Image]) -> list[list[int]]:
    """Greedy tokens of the prompter's own code."""
    words = vocabulary.Vocabulary.load(work / "vocabulary")
    prompter, detector = Prompter(words).eval(), Detector().eval()
    prompter.load_state_dict(torch.load(work / "prompter.pt"))
    detector.load_state_dict(torch.load(work / "detector.pt"))
    x = torch.stack([torch.from_numpy(np.array(frame)).permute(2, 0, 1).float() / 255 for frame in frames]) * 2 - 1
    found, _ = detect(*detector(x), 100, torch.full((len(CONCEPT_KEYS),), 0.3))
    assert found.valid.sum(1).min() >= 3
    encoder = QuestionEncoder(words, vocabulary.build_tokenizer(words))
    prompts = [encoder.prompt(encoder.encode(question), 100) for question in QUESTIONS]
    described, _ = see(compact(found, DETECTION_SLOTS), PAIR_SLOTS)
    return generate(prompter, described, prompts, NEW_TOKENS)


def inputs_of(work, frames: list[Image.Image], questions: tuple[str, ...]) -> BatchFeature:
    messages = [
        [{"role": "user", "content": [{"type": "image", "image": frame}, {"type": "text", "text": question}]}]
        for frame, question in zip(frames, questions, strict=True)
    ]
    inputs = load_processor(work / "checkpoint").apply_chat_template(
        messages,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True, "padding_side": "left"},
    )
    assert (inputs["attention_mask"] == 0).any()
    return inputs


def test_the_checkpoint_answers_as_the_prompter_also_in_a_padded_batch(work):
    first, second = pictures()
    frames = [first, first, second, second]
    model = NanoForConditionalGeneration.from_pretrained(work / "checkpoint").eval()
    inputs = inputs_of(work, frames, QUESTIONS)
    tokens = model.generate(**inputs, max_new_tokens=NEW_TOKENS, do_sample=False)[:, inputs["input_ids"].shape[1] :]
    ends = {0, 1}
    got = [[token for token in row if token not in ends] for row in tokens.tolist()]
    assert got == own_answers(work, frames)
    assert len({tuple(row) for row in got}) > 1


def test_a_prompt_that_is_read_once_for_all_its_answers_scores_them_as_if_each_had_its_own(work):
    first, second = pictures()
    # Rows 0 and 3 share their prompt; row 2 has their question and another picture, row 4 their picture and another question.
    inputs = inputs_of(work, [first, second, second, first, first], (QUESTIONS[0], QUESTIONS[2], QUESTIONS[0], QUESTIONS[0], QUESTIONS[3]))
    model = NanoForConditionalGeneration.from_pretrained(work / "checkpoint")
    model.freeze_tables()
    random = torch.Generator().manual_seed(0)
    answers = torch.randint(len(vocabulary.SPECIALS), model.config.answer_size, (5, 9), generator=random)
    written = torch.ones_like(answers)
    written[1, 4:] = 0
    batch = dict(inputs)
    for name, more in (("input_ids", answers), ("attention_mask", written), ("mm_token_type_ids", torch.zeros_like(answers))):
        batch[name] = torch.cat((batch[name], more), 1)
    read = []
    model.model.language_model.register_forward_pre_hook(
        lambda _, __, given: read.append(tuple(given["inputs_embeds"].shape[:2])), with_kwargs=True
    )
    states, slopes = {}, {}
    for name, forward in (("once", NanoModel.forward), ("each", Qwen2_5_VLModel.forward)):
        model.zero_grad()
        hidden = forward(model.model, **batch, use_cache=False).last_hidden_state[:, -10:]
        states[name] = hidden[:, :-1][written > 0]
        states[name].pow(2).sum().backward()
        slopes[name] = torch.cat([weight.grad.flatten() for weight in model.parameters() if weight.grad is not None])
    length = inputs["input_ids"].shape[1]
    assert read == [(4, length), (5, 9), (5, length + 9)]
    assert torch.allclose(states["once"], states["each"], atol=1e-4)
    assert torch.allclose(slopes["once"], slopes["each"], rtol=1e-3, atol=1e-3 * float(slopes["each"].abs().max()))


def test_the_prompter_goes_on_where_it_stopped_and_only_with_its_settings(work, tmp_path, monkeypatch):
    monkeypatch.setattr(train_prompter, "_both_wordings", lambda *_: {})
    out = tmp_path / "prompter.pt"
    train = partial(train_prompter.train_prompter, work / "vocabulary", out, batch_size=2)
    train(1.0)
    first = torch.load(out.with_suffix(".state"))
    before = torch.load(out)
    train(2.0)
    second = torch.load(out.with_suffix(".state"))
    assert second["step"] > first["step"]
    assert second["samples"] > first["samples"]
    assert second["average"]["n_averaged"] == second["step"]
    assert any(not torch.equal(before[name], weight) for name, weight in torch.load(out).items())
    lines = [json.loads(line) for line in out.with_suffix(".log.jsonl").read_text().splitlines()]
    assert [line["steps"] for line in lines if "loss" not in line] == [first["step"], second["step"]]
    with pytest.raises(ToolError, match="OUTPUT_EXISTS"):
        train(3.0, thoughts=2)


def test_train_grpo_changes_what_is_trained_and_nothing_else(work, tmp_path, monkeypatch):
    # Random answers are never valid, and may all be alike; a reward that differs among them all the same shows what learning reaches.
    rewards = cycle([0.0, 1.0, 0.5])
    monkeypatch.setattr(mask_judge, "mask_reward", lambda *_: next(rewards))
    data = tmp_path / "data"
    assert main(["scenes", "--out", str(data), "--split", "train", "--count", "2", "--seed", "3"]) == 0
    small = ["max_steps = 1", "warmup_steps = 0", "per_device_train_batch_size = 16", "max_completion_length = 12"]
    arguments = ["train-grpo", str(work / "checkpoint"), "--segmenter", str(PACK), "--data", str(data), "--config", "grpo-nano.toml"]
    assert main([*arguments, "--set", *small, "learning_rate = 1e-2", "--out", str(tmp_path / "out")]) == 0
    back = tmp_path / "prompter.pt"
    assert main(["nano-weights", "--work", str(work), str(tmp_path / "out/model"), "--out", str(back)]) == 0
    before, after = torch.load(work / "prompter.pt"), torch.load(back)
    assert before.keys() == after.keys()
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"layers", "norm", "detection", "coordinates"}
