"""The weights of a nano prompter back from its pack, to go on training where only the pack is left.

The pack holds them in half precision, and words as bytes; nothing else is lost.
"""

import re
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, numpy_helper
from tokenizers import Tokenizer

from . import detections as D
from . import vocabulary as V
from .errors import ToolError
from .prompter import Prompter
from .vocabulary import Vocabulary


def _weights(path: Path) -> dict[str, np.ndarray]:
    """By name, without the suffix of those that are kept in half precision."""
    tensors = onnx.load(path).graph.initializer
    return {t.name.removesuffix("_half") if t.data_type == TensorProto.FLOAT16 else t.name: numpy_helper.to_array(t) for t in tensors}


def vocabulary_of(pack: Path) -> Vocabulary:
    tokenizer, table = Tokenizer.from_file(str(pack / "lvlm/tokenizer.json")), _weights(pack / "lvlm/onnx/embed_tokens.onnx")
    by_number = {number: text for text, number in tokenizer.get_vocab().items()}
    tokens = [by_number[number] for number in range(len(by_number))]
    fragments = len(V.SPECIALS) + len(V.ANSWER_TOKENS)
    tokens[:fragments] = V.SPECIALS + V.ANSWER_TOKENS
    vectors = np.zeros((len(tokens), V.VECTOR_SIZE), np.float32)
    vectors[fragments:] = table["codes"] * table["scale"].astype(np.float32)
    return Vocabulary(tokens, vectors)


def _words_in_both(first: Vocabulary, second: Vocabulary) -> tuple[list[int], list[int]]:
    """Their numbers in each of two vocabularies."""
    words = [word for word in first.tokens[first.answer_size :] if word in second.index]
    return [first.index[word] for word in words], [second.index[word] for word in words]


def prompter_of(pack: Path, vocabulary: Vocabulary | None = None) -> Prompter:
    """With the vocabulary of the pack, or with another: then the matrix behind the vectors is the one that comes closest to the embeddings
    of the words that both have, and training has to do the rest.

    Raises INPUT_CORRUPT for a vocabulary that shares none.
    """
    stored = vocabulary_of(pack)
    model = Prompter(vocabulary or stored).eval()
    state = model.state_dict()
    embeddings = _weights(pack / "lvlm/onnx/embed_tokens.onnx")
    known = embeddings["known"].astype(np.float32)
    fragments = len(state["fragments"])
    state["fragments"] = torch.from_numpy(known[:fragments])
    waves = np.c_[D.bin_waves(torch.arange(V.N_BINS)).numpy(), np.ones(V.N_BINS, np.float32)].astype(np.float64)
    number, *_ = np.linalg.lstsq(waves, known[fragments:].astype(np.float64), rcond=None)
    state["number.weight"], state["number.bias"] = torch.from_numpy(number[:-1].T).float(), torch.from_numpy(number[-1]).float()
    word = embeddings["word"].astype(np.float32)
    if vocabulary is not None:
        ours, theirs = _words_in_both(vocabulary, stored)
        if not ours:
            raise ToolError("INPUT_CORRUPT", f"got a vocabulary without any word of {pack}, expected one that shares words with it")
        word, *_ = np.linalg.lstsq(vocabulary.vectors[ours], stored.vectors[theirs] @ word, rcond=None)
    state["word.weight"] = torch.from_numpy(word.T)
    tower = _weights(pack / "lvlm/onnx/vision_encoder.onnx")
    sizes = {"detection.weight": (D.FEATURES, model.shape.hidden), "coordinates.weight": (D.COORDINATES * D.PHASES, model.shape.hidden)}
    for name, size in sizes.items():
        (found,) = [weight for weight in tower.values() if weight.shape == size]
        state[name] = torch.from_numpy(found.astype(np.float32).T)
    state["detection.bias"] = torch.from_numpy(tower["prompter_features.bias"].astype(np.float32))
    decoder = pack / "lvlm/onnx/decoder_model_merged.onnx"
    weights = _weights(decoder)
    for name, value in weights.items():
        if name.startswith("prompter."):
            state[name.removeprefix("prompter.")] = torch.from_numpy(value.astype(np.float32))
    for node in onnx.load(decoder).graph.node:
        named = re.fullmatch(r"/(layers\.\d+/.*)/MatMul", node.name)
        if named and node.input[1] in weights:
            state[named[1].replace("/", ".") + ".weight"] = torch.from_numpy(weights[node.input[1]].astype(np.float32).T)
    output, table = weights["output"].astype(np.float32).T, torch.cat([state["fragments"], torch.from_numpy(known[fragments:])])
    state["logit_scale"] = torch.tensor(float((output * table.numpy()).sum() / (table.numpy() ** 2).sum()))
    model.load_state_dict(state)
    return model
