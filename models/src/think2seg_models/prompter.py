"""The decoder of the nano pack: a small Qwen2.5-VL text model (M-RoPE, RMSNorm, SwiGLU, biased q/k/v).

Written out in plain PyTorch so that attention can be supervised and exported; parameter names and arithmetic are those
of Hugging Face's `Qwen2_5_VLTextModel`, which the tests check.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from . import detections as D
from . import vocabulary as V
from .pair_words import PAIR_RELATIONS
from .vocabulary import PLAIN, VECTOR_SIZE, Vocabulary, answer_index
from .wordings import RELATIONS

N_PAIR_RELATIONS = len(PAIR_RELATIONS)
GRID = V.FRAME_PX // 28
"""The merged token grid is GRID x GRID."""


HIDDEN = 256
"""Width of the residual stream. A head (a quarter) must have enough slow rotary dimensions to match concept, relation, rank and anchor."""


@dataclass(frozen=True)
class Shape:
    hidden: int = HIDDEN
    layers: int = 4
    heads: int = 4
    feed_forward: int = 448
    mrope_section: tuple[int, int, int] = (8, 12, 12)
    rope_theta: float = 1e12
    norm_epsilon: float = 1e-6

    @property
    def head_size(self) -> int:
        return self.hidden // self.heads


# Places in the residual stream.
WAVES = slice(0, D.COORDINATES * D.PHASES)  # coordinates of a detection
NUMBER = slice(WAVES.stop, WAVES.stop + D.PHASES)  # the number to write
STATE = slice(NUMBER.stop, NUMBER.stop + 8)  # which coordinate comes next
CONCEPT = slice(STATE.stop, STATE.stop + D.N_CLASSES + 1)
RELATION = slice(CONCEPT.stop, CONCEPT.stop + len(V.RELATION_TOKENS))
RANK = slice(RELATION.stop, RELATION.stop + V.MAX_INSTANCES)
COUNT = slice(RANK.stop, RANK.stop + D.N_COUNTS)
PLACE = slice(COUNT.stop, COUNT.stop + D.N_PLACES)
VALID = slice(PLACE.stop, PLACE.stop + 1)
SINK = slice(VALID.stop, VALID.stop + 1)
SEEN_FLAGS = slice(SINK.stop, SINK.stop + D.N_FLAGS)  # flags copied from the attended detection
ANCHOR = slice(SEEN_FLAGS.stop, SEEN_FLAGS.stop + D.ANCHOR_CODE)  # the second class of a pair
MEMBERS = slice(ANCHOR.stop, ANCHOR.stop + V.MAX_INSTANCES)  # to which instances, by area rank, a relation between two classes applies
FREE = slice(MEMBERS.stop, HIDDEN)

UNTOLD = 0.15
"""Share of the words in training of which the lexicon says nothing."""


class RmsNorm(nn.Module):
    def __init__(self, size: int, epsilon: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.epsilon = epsilon

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon))


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


class Attention(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        h = shape.hidden
        self.heads, self.head_size = shape.heads, shape.head_size
        self.q_proj, self.k_proj, self.v_proj = nn.Linear(h, h), nn.Linear(h, h), nn.Linear(h, h)
        self.o_proj = nn.Linear(h, h, bias=False)

    def forward(self, x, cos, sin, bias, past=None):
        """x [B,S,H]; bias [B,1,S,T] -> output, attention [B,heads,S,T], (key, value) [B,heads,T,head_size]."""
        batch, length, hidden = x.shape
        split = lambda t: t.reshape(batch, length, self.heads, self.head_size).transpose(1, 2)  # noqa: E731
        query = rotate(split(self.q_proj(x)), cos, sin)
        key = rotate(split(self.k_proj(x)), cos, sin)
        value = split(self.v_proj(x))
        if past is not None:
            key, value = torch.cat((past[0], key), 2), torch.cat((past[1], value), 2)
        weights = torch.softmax(query @ key.transpose(2, 3) * self.head_size**-0.5 + bias, -1)
        mixed = (weights @ value).transpose(1, 2).reshape(batch, length, hidden)
        return self.o_proj(mixed), weights, (key, value)


class FeedForward(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.gate_proj = nn.Linear(shape.hidden, shape.feed_forward, bias=False)
        self.up_proj = nn.Linear(shape.hidden, shape.feed_forward, bias=False)
        self.down_proj = nn.Linear(shape.feed_forward, shape.hidden, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.input_layernorm = RmsNorm(shape.hidden, shape.norm_epsilon)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = RmsNorm(shape.hidden, shape.norm_epsilon)
        self.mlp = FeedForward(shape)

    def forward(self, x, cos, sin, bias, past=None):
        mixed, weights, cache = self.self_attn(self.input_layernorm(x), cos, sin, bias, past)
        x = x + mixed
        return x + self.mlp(self.post_attention_layernorm(x)), weights, cache


def mrope(position_ids: torch.Tensor, frequencies: torch.Tensor, section: tuple[int, int, int]):
    """position_ids [3,B,S] -> cos, sin [B,1,S,head_size]; each section of frequencies follows one of the three axes."""
    angle = position_ids[..., None].float() * frequencies
    parts = angle.split(list(section), -1)
    angle = torch.cat([parts[axis][axis] for axis in range(3)], -1)
    angle = torch.cat((angle, angle), -1)[:, None]
    return angle.cos(), angle.sin()


class Prompter(nn.Module):
    """Token embeddings, detection embedding, decoder layers and tied logits over the answer tokens."""

    def __init__(self, vocabulary: Vocabulary, shape: Shape = Shape()):
        super().__init__()
        self.shape = shape
        self.answer_size, self.first_number = vocabulary.answer_size, vocabulary.first_number
        h = shape.hidden
        self.fragments = nn.Parameter(torch.randn(self.first_number, h) * 0.05)
        self.number = nn.Linear(D.PHASES, h)
        self.word = nn.Linear(VECTOR_SIZE, h, bias=False)
        self.register_buffer("vectors", torch.from_numpy(vocabulary.vectors[self.answer_size :]).float(), persistent=False)
        self.register_buffer("number_waves", D.bin_waves(torch.arange(V.N_BINS)), persistent=False)
        self.detection = nn.Linear(D.FEATURES, h)
        self.coordinates = nn.Linear(D.COORDINATES * D.PHASES, h, bias=False)
        self.layers = nn.ModuleList([Layer(shape) for _ in range(shape.layers)])
        self.norm = RmsNorm(h, shape.norm_epsilon)
        self.logit_scale = nn.Parameter(torch.tensor(1.5))
        size = shape.head_size
        frequencies = shape.rope_theta ** -(torch.arange(0, size, 2).float() / size)
        self.register_buffer("frequencies", frequencies, persistent=False)

    def table(self) -> torch.Tensor:
        """[vocabulary, hidden]; exported as a plain embedding."""
        return torch.cat([self.fragments, self.number(self.number_waves), self.word(self.vectors)])

    def answer_table(self) -> torch.Tensor:
        return torch.cat([self.fragments, self.number(self.number_waves)])

    def embed_detections(self, described: D.Described) -> torch.Tensor:
        return self.detection(described.features) + self.coordinates(described.waves)

    def embed(self, ids: torch.Tensor, word_noise: float = 0.0) -> torch.Tensor:
        """`word_noise`: up to so much noise, as a share of its length, is added to each word vector, so that training learns regions;
        what the lexicon says of a word is then left out now and then, as it is of a word that the lexicon lacks."""
        words = (ids - self.answer_size).clamp(min=0)
        known = F.embedding(ids.clamp(max=self.answer_size - 1), self.answer_table())
        vectors = self.vectors[words]
        if word_noise:
            strength = word_noise * torch.rand(len(ids), 1, 1, device=ids.device)
            vectors[..., PLAIN:] *= torch.rand(*ids.shape, 1, device=ids.device) >= UNTOLD
            vectors = vectors + strength * vectors.pow(2).mean(-1, keepdim=True).sqrt() * torch.randn_like(vectors)
        return torch.where((ids >= self.answer_size)[..., None], self.word(vectors), known)

    def decode(self, x, position_ids, attention_mask, past=None):
        """x [B,S,H], position_ids [3,B,S], attention_mask [B,T] -> normed hidden, attention per layer, cache per layer."""
        cos, sin = mrope(position_ids, self.frequencies, self.shape.mrope_section)
        total, length = attention_mask.shape[1], x.shape[1]
        key_at = torch.arange(total, device=x.device)
        query_at = key_at[total - length :]
        allowed = (key_at[None, :] <= query_at[:, None])[None, None] & (attention_mask[:, None, None, :] > 0)
        bias = torch.where(allowed, 0.0, -1e9)
        weights, caches = [], []
        for number, layer in enumerate(self.layers):
            x, weight, cache = layer(x, cos, sin, bias, None if past is None else past[number])
            weights.append(weight)
            caches.append(cache)
        return self.norm(x), weights, caches

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """[..., hidden] -> [..., answer_size]."""
        return hidden @ self.answer_table().T * self.logit_scale


def positions(slots: int, length: int) -> torch.Tensor:
    """[3,1,length]: `<|im_start|> user <|vision_start|>`, the detections on the token grid, then text (Qwen2.5-VL)."""
    lead = 3
    slot = torch.arange(slots)
    axes = torch.zeros(3, length, dtype=torch.long)
    axes[:, :lead] = torch.arange(lead)
    axes[0, lead : lead + slots] = lead
    axes[1, lead : lead + slots] = lead + slot // GRID
    axes[2, lead : lead + slots] = lead + slot % GRID
    axes[:, lead + slots :] = lead + GRID + torch.arange(length - lead - slots)
    return axes[:, None]


def prepare(model: Prompter, seed: int = 0) -> None:
    """Initial weights that already contain the data paths copying needs; everything is trained afterwards.

    Embeddings put what a token *is* in fixed places of the residual stream. Layer 1 is laid out to gather concept,
    relation and instance number from earlier answer tokens, layer 2 to find the detection that matches them and copy
    its coordinates, and the feed-forward part of layer 3 to let one coordinate through, as the last separator says.
    """
    torch.manual_seed(seed)
    with torch.no_grad():
        _prepare_embeddings(model)
        for layer in model.layers:  # nothing but the laid-out paths may write where coordinates and states live
            for writer in (layer.self_attn.o_proj, layer.mlp.down_proj):
                writer.weight *= 0.4
                writer.weight[: CONCEPT.start] = 0
        _prepare_gather(model.layers[1].self_attn)
        _prepare_copy(model.layers[2].self_attn)
        _prepare_gate(model.layers[3].mlp)


def _prepare_embeddings(model: Prompter) -> None:
    text = model.fragments
    text[:, : FREE.start] = 0
    for state, token in enumerate([None, *V.SEPARATORS]):
        for name in [token] if token else [*V.FIRST_OPENERS, *V.NEXT_OPENERS, V.OPENER_SINGLE]:
            text[answer_index(name), STATE.start + state] = 1.0
    for block, tokens in (
        (CONCEPT, V.CONCEPT_TOKENS),
        (RELATION, V.RELATION_TOKENS),
        (RANK, V.FIRST_OPENERS),
        (MEMBERS, V.FIRST_OPENERS),
        (COUNT, V.COUNT_TOKENS),
        (PLACE, V.PLACE_TOKENS),
    ):
        for offset, token in enumerate(tokens):
            text[answer_index(token), block.start + offset] = 1.0
    for offset, token in enumerate(V.NEXT_OPENERS, 1):
        text[answer_index(token), RANK.start + offset] = 1.0
        text[answer_index(token), MEMBERS.start + offset] = 1.0
    for token, code in zip(V.ANCHOR_TOKENS, D.ANCHOR_CODES, strict=False):  # none for what it has not learned
        text[answer_index(token), ANCHOR] = 0.5 * code
    text[answer_index(V.NO_ANCHOR), RELATION.start] = 1.0  # goes on as if all were asked for
    text[V.SPECIALS.index("<|vision_start|>"), SINK.start] = 1.0
    model.word.weight.normal_(0, 0.05)
    model.word.weight[: CONCEPT.start] = 0
    model.number.weight.zero_()
    model.number.bias.zero_()
    model.number.weight[NUMBER] = 0.5 * torch.eye(D.PHASES)
    model.detection.weight.normal_(0, 0.02)
    model.detection.weight[: CONCEPT.start] = 0
    model.detection.bias.zero_()
    pairs = (
        (CONCEPT.start, D.CLASS),
        (RELATION.start + 1, D.FLAGS),
        (RANK.start, D.AREA_RANK),
        (COUNT.start, D.COUNT),
        (PLACE.start, D.PLACE),
        (VALID.start, D.VALID),
    )
    for start, source in pairs:
        size = source.stop - source.start
        model.detection.weight[start : start + size, source] = torch.eye(size)
    model.detection.weight[ANCHOR, D.ANCHOR] = 0.5 * torch.eye(D.ANCHOR_CODE)
    model.coordinates.weight.zero_()
    model.coordinates.weight[WAVES] = 0.5 * torch.eye(WAVES.stop)


def _prepare_gather(attention: Attention) -> None:
    """One head each carries the concept, relation, rank and anchor blocks unchanged."""
    size = attention.head_size
    for head, block in enumerate((CONCEPT, RELATION, RANK, ANCHOR)):
        width = block.stop - block.start
        rows = slice(head * size, head * size + width)
        attention.v_proj.weight[rows] = 0
        attention.v_proj.bias[rows] = 0
        attention.v_proj.weight[rows, block] = 0.2 * torch.eye(width)
        attention.o_proj.weight[block] = 0
        attention.o_proj.weight[block, rows] = torch.eye(width)


def _prepare_copy(attention: Attention) -> None:
    """All heads look for the same detection; each copies a quarter of its coordinates and of its facts."""
    size, heads = attention.head_size, attention.heads
    gain = 1.4
    match = [
        *range(CONCEPT.start, CONCEPT.start + D.N_CLASSES),
        *range(RELATION.start + 1, RELATION.start + 1 + D.N_FLAGS),
        *range(RANK.start, RANK.stop),
        *range(ANCHOR.start, ANCHOR.stop),
    ]
    # Rotary dimensions that hardly turn over the length of an answer, so that matching does not depend on position.
    slowest = -(-len(match) // 2)
    still = [*range(size // 2 - slowest, size // 2), *range(size - slowest, size)][: len(match)]
    facts = [*range(COUNT.start, COUNT.stop), *range(PLACE.start, PLACE.stop), VALID.start]
    facts_to = [*facts, *range(SEEN_FLAGS.start, SEEN_FLAGS.stop)]
    facts += range(RELATION.start + 1, RELATION.start + 1 + D.N_FLAGS)
    quarter = WAVES.stop // heads
    each = -(-len(facts) // heads)
    attention.o_proj.weight[: FREE.start] = 0
    for head in range(heads):
        base = head * size
        for projection in (attention.q_proj, attention.k_proj):
            projection.weight[base : base + size] *= 0.1
            projection.bias[base : base + size] = 0
            for dimension, channel in zip(still, match, strict=True):
                projection.weight[base + dimension, channel] = gain
        attention.q_proj.bias[base + still[0] - 1] = 5.0
        attention.k_proj.weight[base + still[0] - 1, SINK] = 0.5
        attention.v_proj.weight[base : base + quarter + each] = 0
        attention.v_proj.bias[base : base + quarter + each] = 0
        waves = slice(head * quarter, (head + 1) * quarter)
        attention.v_proj.weight[base : base + quarter, waves] = torch.eye(quarter)
        attention.o_proj.weight[waves, base : base + quarter] = torch.eye(quarter)
        for offset, number in enumerate(range(head * each, min(len(facts), (head + 1) * each))):
            attention.v_proj.weight[base + quarter + offset, facts[number]] = 0.5
            attention.o_proj.weight[facts_to[number], base + quarter + offset] = 1.0


def _prepare_gate(feed_forward: FeedForward) -> None:
    for coordinate in range(D.COORDINATES):
        units = slice(D.PHASES * coordinate, D.PHASES * (coordinate + 1))
        feed_forward.gate_proj.weight[units] = 0
        feed_forward.gate_proj.weight[units, STATE.start + coordinate] = 3.0
        feed_forward.up_proj.weight[units] = 0
        feed_forward.up_proj.weight[units, units] = torch.eye(D.PHASES)
        feed_forward.down_proj.weight[NUMBER, units] = 0.3 * torch.eye(D.PHASES)
    for relation in range(N_PAIR_RELATIONS):  # of the relations of a pair, the one asked for, where no coordinate is due
        units = slice(WAVES.stop + V.MAX_INSTANCES * relation, WAVES.stop + V.MAX_INSTANCES * (relation + 1))
        feed_forward.gate_proj.weight[units] = 0
        feed_forward.gate_proj.weight[units, RELATION.start + len(RELATIONS) + relation] = 3.0
        feed_forward.gate_proj.weight[units, STATE] = -3.0
        feed_forward.up_proj.weight[units] = 0
        feed_forward.up_proj.weight[units, V.MAX_INSTANCES * relation : V.MAX_INSTANCES * (relation + 1)] = torch.eye(V.MAX_INSTANCES)
        feed_forward.down_proj.weight[MEMBERS, units] = 0.5 * torch.eye(V.MAX_INSTANCES)
