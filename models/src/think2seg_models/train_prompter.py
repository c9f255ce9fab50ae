"""Supervised training of the prompter on simulated detections (and, later, on those of the real tower)."""

import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from . import detections as D
from . import vocabulary as V
from .answers import is_pair, parse
from .file_state import state_of
from .prompter import GRID, MEMBERS, Prompter, positions, prepare
from .prompter_data import LEAD, Batch, QuestionEncoder, QuestionStream, make_batch
from .questions import UNKNOWN
from .training_state import TrainingState
from .vocabulary import Vocabulary, answer_index, build_tokenizer
from .weight_files import computes_half
from .written_questions import WrittenQuestions, for_training, read_written

BATCH = 24
HALF_UNTIL = 0.85
"""Share of the training that is computed in bfloat16; the rest settles in float32, as the exported decoder computes."""
WORD_NOISE = 0.7
AVERAGED_OVER = 0.99
"""What is kept are weights averaged over the last steps: decay a step."""
END_ID = V.SPECIALS.index(V.END)


def decision_weights(answer_size: int, weight: float) -> torch.Tensor:
    """Tokens that decide something count more than the punctuation between them."""
    weights = torch.ones(answer_size)
    decisive = [V.NONE_HERE, V.NOTHING, V.I_SEE, V.END_LIST, V.OPENER_SINGLE, *V.FIRST_OPENERS, *V.NEXT_OPENERS]
    decisive += [*V.CONCEPT_TOKENS, *V.COUNT_TOKENS, *V.RELATION_TOKENS, *V.ANCHOR_TOKENS, *V.PLACE_TOKENS]
    decisive += [V.RELATED, V.NONE_RELATED, V.NO_ANCHOR]
    for token in decisive:
        weights[answer_index(token)] = weight
    return weights


def forward(model: Prompter, batch: Batch):
    x = model.embed(batch.ids, WORD_NOISE if model.training else 0.0)
    x = torch.cat([x[:, :LEAD], model.embed_detections(batch.described), x[:, LEAD + batch.slots :]], 1)
    where = positions(batch.slots, batch.ids.shape[1]).to(x.device).expand(3, len(batch.ids), -1)
    hidden, attention, _ = model.decode(x, where, batch.mask)
    return hidden, attention


def attention_loss(attention: list[torch.Tensor], batch: Batch) -> torch.Tensor:
    """-log of the attention mass that rests where the answer comes from: layer 2 on the detections, layer 1 on the text."""
    losses = []
    if batch.look_slots.shape[1]:
        look, sample, query, key = batch.look_slots
        mass = attention[2].permute(0, 2, 3, 1)[sample, query, key]  # [n, heads]
        total = mass.new_zeros(batch.looks, mass.shape[1]).index_add(0, look, mass)
        losses.append(-torch.log(total + 1e-6).mean())
    for head, looks in enumerate(batch.look_text):
        if looks.shape[1]:
            sample, query, key = looks
            losses.append(-0.5 * torch.log(attention[1][sample, head, query, key] + 1e-6).mean())
    return torch.stack(losses).sum()


def still_due_loss(hidden: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross-entropy of the places in the residual stream that say which instances are still to be listed."""
    if not len(batch.still_due):
        return hidden.new_zeros(())
    row, position = batch.still_due_at
    return F.binary_cross_entropy_with_logits(hidden[row, position][:, MEMBERS], batch.still_due)


def training_step(model, optimiser, batch: Batch, weights: torch.Tensor, half: bool = False) -> torch.Tensor:
    """Returns token loss, share of coordinates predicted exactly, attention loss. `half` computes in bfloat16."""
    target = batch.labels[:, 1:]
    chosen = target >= 0
    with torch.autocast(target.device.type, dtype=torch.bfloat16, enabled=half):
        hidden, attention = forward(model, batch)
        logits = model.logits(hidden[:, :-1][chosen])
    logits, attention = logits.float(), [weight.float() for weight in attention]
    expected = target[chosen]
    weight = weights[expected]
    token_loss = (F.cross_entropy(logits, expected, reduction="none") * weight).sum() / weight.sum()
    look_loss = attention_loss(attention, batch)
    optimiser.zero_grad()
    (token_loss + 0.3 * look_loss + still_due_loss(hidden.float(), batch)).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    numbers = (expected >= model.first_number).float()
    exact = ((logits.argmax(-1) == expected).float() * numbers).sum() / numbers.sum()
    return torch.stack([token_loss.detach(), exact, look_loss.detach()])


@torch.no_grad()
def generate(model: Prompter, described: D.Described, prompts: list[list[int]], longest: int = 230) -> list[list[int]]:
    """Greedy answers (without the end token); prompts of equal length run together."""
    answers: list[list[int]] = [[] for _ in prompts]
    by_length: dict[int, list[int]] = {}
    for number, prompt in enumerate(prompts):
        by_length.setdefault(len(prompt), []).append(number)
    slots = described.features.shape[1]
    for length, rows in by_length.items():
        ids = torch.tensor([prompts[r] for r in rows])
        x = model.embed(ids)
        x = torch.cat([x[:, :LEAD], model.embed_detections(described.rows(rows)), x[:, LEAD + slots :]], 1)
        past, total, at = None, length, LEAD + GRID + length - LEAD - slots
        where = positions(slots, length).expand(3, len(rows), -1)
        finished = torch.zeros(len(rows), dtype=torch.bool)
        for _ in range(longest):
            hidden, _, past = model.decode(x, where, torch.ones(len(rows), total, dtype=torch.long), past)
            token = model.logits(hidden[:, -1]).argmax(-1)
            finished |= token == END_ID
            for row, value, done in zip(rows, token.tolist(), finished.tolist(), strict=True):
                if not done:
                    answers[row].append(value)
            if finished.all():
                break
            x = model.embed(token[:, None])
            where = torch.full((3, len(rows), 1), at)
            at += 1
            total += 1
    return answers


def measure(
    model: Prompter, encoder: QuestionEncoder, vocabulary: Vocabulary, held_out: bool, count: int, slots: int = 40, seed: int = 99
) -> dict:
    """Answers on simulated detections, compared with the rule."""
    random = np.random.default_rng(seed)
    batch = make_batch(random, encoder, D.simulate(random, count, slots), held_out=held_out, noise=False)
    model.eval()
    outputs = generate(model, batch.described, batch.prompts)
    model.train()
    names = ("valid", "concept", "relation", "anchor", "exact", "pair_exact", "empty_right", "falsely_empty", "unknown_right")
    hits = {name: [] for name in names}
    for tokens, answer, question in zip(outputs, batch.answers, batch.questions, strict=True):
        text = "".join(vocabulary.tokens[t] for t in tokens)
        items = parse(text)
        hits["valid"].append(items is not None)
        hits["concept"].append(V.CONCEPT_TOKENS[question.concept] in text)
        empty = answer_index(V.CLOSE) not in answer.tokens
        if empty:
            hits["empty_right"].append(items == [])
            if question.concept == UNKNOWN:
                hits["unknown_right"].append(items == [])
        else:
            hits["relation"].append(V.RELATION_TOKENS[question.relation] in text)
            hits["exact"].append(tokens == answer.tokens[:-1])
            if is_pair(question.relation):
                hits["anchor"].append(V.ANCHOR_TOKENS[question.anchor] in text)
                hits["pair_exact"].append(tokens == answer.tokens[:-1])
            hits["falsely_empty"].append(items == [])
    return {name: round(float(np.mean(values)), 3) for name, values in hits.items() if values}


def train_prompter(
    vocabulary_folder: Path,
    out: Path,
    seconds: float,
    seed: int = 1,
    start: Path | None = None,
    learning_rate: float = 2e-3,
    device: str = "cpu",
    workers: int = 1,
    batch_size: int = BATCH,
    written: Path | None = None,
    thoughts: int = 1,
) -> None:
    """Writes `out` (weights), the state to resume from beside it and `out.log.jsonl` (a line), every half minute. Run again after an
    interruption, it goes on from the last state.

    The learning rate falls over `seconds`: CPU time of this process, or on a GPU what the clock says. `workers` processes make the batches.
    """
    torch.manual_seed(seed)
    vocabulary = Vocabulary.load(vocabulary_folder)
    encoder = QuestionEncoder(vocabulary, build_tokenizer(vocabulary))
    model = Prompter(vocabulary)
    if start:
        model.load_state_dict(torch.load(start))
    else:
        prepare(model, seed)
    model.to(device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.01, betas=(0.9, 0.98))
    weights = decision_weights(vocabulary.answer_size, 4.0).to(device)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(AVERAGED_OVER))
    settings = {"seed": seed, "learning_rate": learning_rate, "batch_size": batch_size, "thoughts": thoughts}
    settings["written"] = None if written is None else state_of([written])
    state = TrainingState(out, settings, start, model, average, optimiser)
    resumed = state.restore(device)
    if state.spent_s >= seconds:
        state.say_finished()
        return
    progress = torch.multiprocessing.Value("d", 0.0)
    whole_questions = WrittenQuestions(for_training(read_written(written))) if written else None
    stream = QuestionStream(encoder, batch_size, (seed, state.step) if resumed else (seed,), progress, whole_questions, thoughts)
    batches = iter(DataLoader(stream, None, num_workers=workers, prefetch_factor=4))
    log = out.with_suffix(".log.jsonl").open("a" if resumed else "w")
    clock = time.process_time if device == "cpu" else time.perf_counter
    began, step, samples, next_log = clock() - state.spent_s, state.step, state.samples, state.spent_s
    next_measure = state.spent_s + 240.0 if device == "cpu" else math.inf  # answers are measured on the CPU, and a GPU would wait
    recent: list[torch.Tensor] = []
    while True:
        spent = clock() - began
        part = spent / seconds
        if part >= 1:
            break
        progress.value = part
        for group in optimiser.param_groups:
            group["lr"] = learning_rate * min(1, (step + 1) / 60) * (0.5 * (1 + math.cos(math.pi * part)) * 0.98 + 0.02)
        batch = next(batches).tensors_on(model.fragments.device)
        recent.append(training_step(model, optimiser, batch, weights, half=device == "cpu" and computes_half(device) and part < HALF_UNTIL))
        average.update_parameters(model)
        step += 1
        samples += len(batch.ids)
        if spent > next_log:
            next_log = spent + 30
            loss, exact, look = (round(mean, 4) for mean in torch.stack(recent).nanmean(0).tolist())
            recent.clear()
            line = {"seconds": round(spent), "steps": step, "samples": samples, "loss": loss, "coordinates": exact, "look": look}
            if spent > next_measure:
                next_measure = spent + 240
                line |= _both_wordings(average.module, encoder, vocabulary, 120)
            log.write(json.dumps(line) + "\n")
            log.flush()
            state.save(average.module, step, samples, spent)
    state.save(average.module, step, samples, seconds)
    line = {"seconds": round(clock() - began), "steps": step, "samples": samples}
    log.write(json.dumps(line | _both_wordings(average.module, encoder, vocabulary, 400)) + "\n")
    log.close()


def _both_wordings(model: Prompter, encoder: QuestionEncoder, vocabulary: Vocabulary, count: int) -> dict:
    on_cpu = copy.deepcopy(model).cpu()
    return {name: measure(on_cpu, encoder, vocabulary, held_out, count) for name, held_out in (("seen", False), ("held_out", True))}
