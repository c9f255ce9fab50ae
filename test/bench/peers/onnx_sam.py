"""Peer of sam.ts: the same model files, inputs and threads in Python's onnxruntime."""

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from json_lines import serve
from onnx_sessions import hello, open_session

embeddings: dict[str, np.ndarray] = {}


def encode(request: dict) -> dict:
    session = open_session(request["path"], request["threads"])
    size = request["size"]
    pixels = np.fromfile(request["pixels"], dtype=np.float32).reshape(1, 3, size, size)
    start = time.perf_counter()
    outputs = session.run(None, {"pixel_values": pixels})
    ms = (time.perf_counter() - start) * 1000
    embeddings.clear()
    embeddings.update(zip([output.name for output in session.get_outputs()], outputs))
    return {"ms": ms, "check": float(np.abs(outputs[-1]).mean())}


def decode(request: dict) -> dict:
    """Needs an `encode` before it. Box and points of each prompt: [P, 4] and [P, N, 2] in model pixels."""
    session = open_session(request["path"], request["threads"])
    points = np.array([request["points"]], dtype=np.float32)
    feeds = {
        "input_points": points,
        "input_labels": np.ones(points.shape[:3], dtype=np.int64),
        "input_boxes": np.array([request["boxes"]], dtype=np.float32),
        **embeddings,
    }
    wanted = {node.name for node in session.get_inputs()}
    feeds = {name: value for name, value in feeds.items() if name in wanted}
    start = time.perf_counter()
    masks, scores = session.run(["single_mask", "single_iou"], feeds)
    return {
        "ms": (time.perf_counter() - start) * 1000,
        "check": float(np.abs(masks).mean()),
        "score": float(scores.flat[0]),
    }


serve({"hello": hello, "encode": encode, "decode": decode})
