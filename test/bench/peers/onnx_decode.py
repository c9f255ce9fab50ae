"""Peer of decode.ts: the same greedy loop on Python's onnxruntime."""

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from json_lines import serve
from onnx_sessions import hello, open_session


def decode(request: dict) -> dict:
    """`ms` is the time of the prompt, `perToken` the mean of the tokens after the first."""
    embed = open_session(request["embed"], request["threads"])
    decoder = open_session(request["decoder"], request["threads"])
    types = {value.name: np.float16 if "float16" in value.type else np.float32 for value in decoder.get_inputs()}
    shapes = {value.name: value.shape for value in decoder.get_inputs() if value.name.startswith("past_key_values.")}
    names = [output.name for output in decoder.get_outputs()]
    caches = {name: np.zeros((1, shape[1], 0, shape[3]), types[name]) for name, shape in shapes.items()}
    length = 0
    one = np.array(1, np.int64)

    def forward(ids: list[int]) -> int:
        nonlocal caches, length
        embeds = embed.run(None, {"input_ids": np.array([ids], np.int64)})[0]
        total = length + len(ids)
        feeds = {
            "inputs_embeds": embeds.astype(types["inputs_embeds"], copy=False),
            "attention_mask": np.ones((1, total), np.int64),
            "position_ids": np.broadcast_to(np.arange(length, total), (3, 1, len(ids))),
            "num_logits_to_keep": one,
            **caches,
        }
        outputs = dict(zip(names, decoder.run(names, feeds), strict=True))
        caches = {name: outputs[name.replace("past_key_values", "present")] for name in caches}
        length = total
        return int(outputs["logits"][0, -1].argmax())

    start = time.perf_counter()
    tokens = [forward(request["prompt"])]
    prefilled = time.perf_counter()
    while len(tokens) < request["newTokens"]:
        tokens.append(forward([tokens[-1]]))
    per_token = (time.perf_counter() - prefilled) * 1000 / (request["newTokens"] - 1)
    return {"ms": (prefilled - start) * 1000, "perToken": per_token, "tokens": tokens}


serve({"hello": hello, "decode": decode})
