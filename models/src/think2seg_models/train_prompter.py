"""Supervised training of the prompter on simulated detections (and, later, on those of the real tower)."""

import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from . import detections as D
from . import vocabulary as V
from .answers import is_superlative, parse, relation_token
from .prompter import GRID, Prompter, positions, prepare
from .prompter_data import LEAD, Batch, QuestionEncoder, choose_question, make_batch
from .questions import UNKNOWN
from .vocabulary import Vocabulary, answer_index, build_tokenizer

END_ID = V.SPECIALS.index(V.END)


def decision_weights(answer_size: int, weight: float) -> torch.Tensor:
    """Tokens that decide something count more than the punctuation between them."""
    weights = torch.ones(answer_size)
    decisive = [V.NONE_HERE, V.NOTHING, V.I_SEE, V.END_LIST, V.OPENER_SINGLE, *V.OPENERS]
    decisive += [*V.CONCEPT_TOKENS, *V.COUNT_TOKENS, *V.RELATION_TOKENS, *V.PLACE_TOKENS]
    for token in decisive:
        weights[answer_index(token)] = weight
    return weights


def forward(model: Prompter, batch: Batch):
    x = model.embed(batch.ids)
    x = torch.cat([x[:, :LEAD], model.embed_detections(batch.described), x[:, LEAD + batch.slots :]], 1)
    where = positions(batch.slots, batch.ids.shape[1]).expand(3, len(batch.ids), -1)
    hidden, attention, _ = model.decode(x, where, batch.mask)
    return hidden, attention


def attention_loss(attention: list[torch.Tensor], batch: Batch) -> torch.Tensor:
    """-log of the attention mass that rests where the answer comes from: layer 2 on the detections, layer 1 on the text."""
    losses = []
    if batch.look_slots:
        sample = torch.tensor([b for b, _, keys in batch.look_slots for _ in keys])
        query = torch.tensor([q for _, q, keys in batch.look_slots for _ in keys])
        key = torch.tensor([k for _, _, keys in batch.look_slots for k in keys])
        row = torch.tensor([i for i, (_, _, keys) in enumerate(batch.look_slots) for _ in keys])
        mass = attention[2].permute(0, 2, 3, 1)[sample, query, key]  # [n, heads]
        total = torch.zeros(len(batch.look_slots), mass.shape[1]).index_add(0, row, mass)
        losses.append(-torch.log(total + 1e-6).mean())
    for head, looks in enumerate(batch.look_text):
        if looks:
            sample, query, key = torch.tensor(looks).T
            losses.append(-0.5 * torch.log(attention[1][sample, head, query, key] + 1e-6).mean())
    return torch.stack(losses).sum()


def training_step(model, optimiser, batch: Batch, weights: torch.Tensor) -> tuple[float, float, float]:
    """Returns token loss, share of coordinates predicted exactly, attention loss."""
    hidden, attention = forward(model, batch)
    target = batch.labels[:, 1:]
    chosen = target >= 0
    logits = model.logits(hidden[:, :-1][chosen])
    expected = target[chosen]
    weight = weights[expected]
    token_loss = (F.cross_entropy(logits, expected, reduction="none") * weight).sum() / weight.sum()
    look_loss = attention_loss(attention, batch)
    optimiser.zero_grad()
    (token_loss + 0.3 * look_loss).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    numbers = expected >= model.first_number
    exact = (logits.argmax(-1) == expected)[numbers].float().mean() if numbers.any() else torch.tensor(float("nan"))
    return float(token_loss.detach()), float(exact), float(look_loss.detach())


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
        part = D.Described(described.features[rows], described.waves[rows], described.bins[rows], described.ranks[rows])
        x = torch.cat([x[:, :LEAD], model.embed_detections(part), x[:, LEAD + slots :]], 1)
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
    hits = {name: [] for name in ("valid", "concept", "relation", "exact", "empty_right", "falsely_empty", "unknown_right")}
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
            hits["relation"].append(relation_token(question.relation) in text)
            hits["exact"].append(tokens == answer.tokens[:-1])
            hits["falsely_empty"].append(items == [])
    return {name: round(float(np.mean(values)), 3) for name, values in hits.items() if values}


def train_prompter(
    vocabulary_folder: Path,
    out: Path,
    cpu_seconds: float,
    seed: int = 1,
    start: Path | None = None,
    learning_rate: float = 2e-3,
    real: D.Detections | None = None,
    real_share: float = 0.0,
) -> None:
    """Writes `out` (weights) and `out.log.jsonl` (a line every half minute). Cosine learning rate over the CPU budget."""
    torch.manual_seed(seed)
    vocabulary = Vocabulary.load(vocabulary_folder)
    encoder = QuestionEncoder(vocabulary, build_tokenizer(vocabulary))
    model = Prompter(vocabulary)
    if start:
        model.load_state_dict(torch.load(start))
    else:
        prepare(model, seed)
    random = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.01, betas=(0.9, 0.98))
    weights = decision_weights(vocabulary.answer_size, 4.0)
    log = out.with_suffix(".log.jsonl").open("w")
    began, step, samples, next_log, next_measure = time.process_time(), 0, 0, 0.0, 120.0
    recent: list[tuple[float, float, float]] = []
    size = 24
    queue: list[Batch] = []
    while True:
        spent = time.process_time() - began
        part = spent / cpu_seconds
        if part >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = learning_rate * min(1, (step + 1) / 60) * (0.5 * (1 + np.cos(np.pi * part)) * 0.98 + 0.02)
        if step % 3 == 2:
            found = D.simulate(random, 4 * size, int(random.integers(2, 6)))
            batch = make_batch(random, encoder, found, thoughts_only=True)
            training_step(model, optimiser, batch, weights)
        else:
            if not queue:
                queue = _buckets(random, encoder, real, real_share, size, part)
            batch = queue.pop()
            recent.append(training_step(model, optimiser, batch, weights))
        step += 1
        samples += len(batch.ids)
        if spent > next_log:
            next_log = spent + 30
            loss, exact, look = np.nanmean(recent[-100:], axis=0).round(4).tolist()
            line = {"cpu_s": round(spent), "steps": step, "samples": samples, "loss": loss, "coordinates": exact, "look": look}
            if spent > next_measure:
                next_measure = spent + 240
                line["seen"] = measure(model, encoder, vocabulary, False, 120)
                line["held_out"] = measure(model, encoder, vocabulary, True, 120)
            log.write(json.dumps(line) + "\n")
            log.flush()
            torch.save(model.state_dict(), out)
    torch.save(model.state_dict(), out)
    line = {"cpu_s": round(time.process_time() - began), "steps": step, "samples": samples}
    line |= {"seen": measure(model, encoder, vocabulary, False, 400), "held_out": measure(model, encoder, vocabulary, True, 400)}
    log.write(json.dumps(line) + "\n")
    log.close()


def _buckets(random, encoder, real, real_share, size, part) -> list[Batch]:
    """Four batches of similar answer length each; simulated detections grow from few to many slots (a curriculum)."""
    if real is not None and random.random() < real_share:
        found = real.rows(torch.from_numpy(random.integers(0, len(real.category), 4 * size)))
    else:
        slots = int(random.integers(10, 16 + int(34 * min(1.0, 0.1 + part * 2))))
        if part > 0.6 and random.random() < 0.15:
            slots = GRID * GRID
        found = D.simulate(random, 4 * size, slots)
    category, valid = found.category.numpy(), found.valid.numpy()
    questions = [choose_question(random, c, v) for c, v in zip(category, valid, strict=True)]
    instances = [
        min(int((v & (c == q.concept)).sum()), 1 if is_superlative(q.relation) else V.MAX_INSTANCES)
        for c, v, q in zip(category, valid, questions, strict=True)
    ]
    order = np.argsort(instances, kind="stable")
    batches = []
    for quarter in random.permutation(4):
        rows = order[quarter * size : (quarter + 1) * size]
        batches.append(make_batch(random, encoder, found.rows(torch.from_numpy(rows)), questions=[questions[r] for r in rows]))
    return batches
