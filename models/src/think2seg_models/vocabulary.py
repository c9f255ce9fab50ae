"""The tokens of the nano prompter: special tokens, whole answer fragments, question words with frozen meaning vectors.

Token numbers: specials, then everything an answer may contain (`answer_size` tokens, the only ones with a logit),
then the words and word pieces of questions. Answer fragments carry their own spaces and differ from every question
word, so that decoding is plain concatenation. JSON white space varies on purpose: each separator is a token of its own,
which tells the decoder where in the answer it stands.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .lexicon import MEANINGS
from .questions import CONCEPT_KEYS
from .wordings import CONCEPTS, RELATIONS, UNKNOWN_SAID_AS

PAD, END = "<|endoftext|>", "<|im_end|>"
SPECIALS = [PAD, END, "<|im_start|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>", "<unk>"]

FRAME_PX = 280
BIN_PX = 2
N_BINS = FRAME_PX // BIN_PX + 1
MAX_INSTANCES = 10

THINK, ASKS_FOR, END_THINK = "<think>", "The question asks for", "</think>"
CONCEPT_TOKENS = [f" {concept.said_as}." for concept in CONCEPTS] + [f" {UNKNOWN_SAID_AS}."]
NONE_HERE, NOTHING = " I see none here, so I mark nothing.", " So I mark nothing."
I_SEE, OF_THEM = " I see", " of them."
COUNT_TOKENS = [f" {word}" for word in "one two three four five six seven eight nine ten".split()] + [" more than ten"]
RELATION_TOKENS = [" I mark each of them, the largest first."] + [f" I take the {name} one," for name in RELATIONS[1:]]
RELATION_TOKENS += [
    " I take the one nearest to",
    " I take the one farthest from",
    " I take those north of",
    " I take those south of",
    " I take those west of",
    " I take those east of",
    " I take those beside",
    " I take those not beside",
]
"""By relation; those between two concepts are followed by one of ANCHOR_TOKENS and a verdict."""
ANCHOR_TOKENS = [f" {concept.said_as}" for concept in CONCEPTS] + [f" {UNKNOWN_SAID_AS}"]
RELATED, NONE_RELATED = " in view.", ", but none is, so I mark nothing."
NO_ANCHOR = ", but I see no such thing, so I mark each of them, the largest first."
IN_THE = " in the"
PLACES = ["north-west", "north", "north-east", "west", "centre", "east", "south-west", "south", "south-east"]
PLACE_TOKENS = [f" {place}." for place in PLACES]
START_LIST, END_LIST = "<answer>```json[", "]```</answer>"


def _opener(variant: int, comma: bool) -> str:
    """The start of a JSON object; the white space spells `variant` in binary."""
    space = [" " if variant >> bit & 1 else "" for bit in range(4)]
    return f'{"," if comma else ""}{space[0]}{{{space[1]}"bbox_2d"{space[2]}:{space[3]}['


FIRST_OPENERS = [_opener(i, False) for i in range(MAX_INSTANCES)]
NEXT_OPENERS = [_opener(i, True) for i in range(1, MAX_INSTANCES)]
"""By area rank of the instance within its class; the next one never is the largest."""
OPENER_SINGLE = _opener(12, False)
#: token after each of the seven first coordinates; the eighth is followed by CLOSE
SEPARATORS = [", ", " ,", " , ", '],"positive_points":[[', ",  ", "],[", "  ,"]
CLOSE = "]]}"

STRUCTURE = [
    THINK,
    ASKS_FOR,
    END_THINK,
    NONE_HERE,
    NOTHING,
    I_SEE,
    OF_THEM,
    IN_THE,
    START_LIST,
    END_LIST,
    CLOSE,
    OPENER_SINGLE,
    *FIRST_OPENERS,
    *NEXT_OPENERS,
    *SEPARATORS,
    RELATED,
    NONE_RELATED,
    NO_ANCHOR,
]
ANSWER_TOKENS = [*STRUCTURE, *CONCEPT_TOKENS, *COUNT_TOKENS, *RELATION_TOKENS, *ANCHOR_TOKENS, *PLACE_TOKENS]
ANSWER_TOKENS += [str(i * BIN_PX) for i in range(N_BINS)]

PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
VECTOR_SIZE = 128
PLAIN = VECTOR_SIZE - len(MEANINGS)
"""The first numbers of a word's vector say what it means in general, the others which of MEANINGS the lexicon gives it."""
TOLD = 5.0
"""What those are where it gives the meaning; the first have a mean square of about one."""


@dataclass
class Vocabulary:
    """`tokens[i]` is the text of token i; `vectors` is [len(tokens), VECTOR_SIZE], zero for all but question words."""

    tokens: list[str]
    vectors: np.ndarray

    def __post_init__(self) -> None:
        self.index = {token: i for i, token in enumerate(self.tokens)}
        self.answer_size = len(SPECIALS) + len(ANSWER_TOKENS)
        self.first_number = self.index["0"]

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tokens.json").write_text(json.dumps(self.tokens))
        codes, scale = coded(self.vectors)
        np.save(folder / "codes.npy", codes)
        np.save(folder / "scale.npy", scale)

    @classmethod
    def load(cls, folder: Path) -> "Vocabulary":
        vectors = np.load(folder / "codes.npy") * np.load(folder / "scale.npy")
        return cls(json.loads((folder / "tokens.json").read_text()), vectors)


def coded(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[n,d] f32 -> [n,d] i8, [n,1] f32 whose product is close to it: a byte a number in the pack."""
    scale = np.maximum(np.abs(vectors).max(1, keepdims=True), 1e-6).astype(np.float32) / 127
    return np.rint(vectors / scale).astype(np.int8), scale


def answer_index(text: str) -> int:
    """Token number of an answer fragment (the same in every vocabulary)."""
    return len(SPECIALS) + ANSWER_TOKENS.index(text)


def build_tokenizer(vocabulary: Vocabulary):
    """The `tokenizers.Tokenizer`: lower case, split on spaces and punctuation, greedy word pieces.

    Answer fragments are stored as byte-level text (a space is U+0120), because Qwen runtimes decode byte-level tokens.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

    written = {token.replace(" ", "\u0120"): number for token, number in vocabulary.index.items()}
    tokenizer = Tokenizer(models.WordPiece(written, unk_token="<unk>", continuing_subword_prefix="##", max_input_chars_per_word=60))
    tokenizer.normalizer = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIALS])
    return tokenizer


assert len(CONCEPT_KEYS) + 1 == len(CONCEPT_TOKENS)
