"""Peer of binding.ts: the time of a model run inside Python's onnxruntime, by its own profile, and around it."""

import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from json_lines import serve
from onnx_sessions import hello


def make(request: dict) -> dict:
    """Write graphs of one node, with next to nothing to compute."""
    start = time.perf_counter()
    many = [f"x{i}" for i in range(64)]
    parts = [f"y{i}" for i in range(64)]
    graphs = {
        "neg": ("Neg", {"x": ["n"]}, {"y": ["n"]}, {}),
        "sum": ("Sum", {name: [1] for name in many}, {"y": [1]}, {}),
        "split": ("Split", {"x": [64, "n"]}, {name: [1, "n"] for name in parts}, {"axis": 0, "num_outputs": 64}),
        "size": ("Size", {"x": ["n"]}, {"y": []}, {}),
    }
    for name, (operator, inputs, outputs, attributes) in graphs.items():
        result = TensorProto.INT64 if operator == "Size" else TensorProto.FLOAT
        graph = helper.make_graph(
            [helper.make_node(operator, list(inputs), list(outputs), **attributes)],
            name,
            [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in inputs.items()],
            [helper.make_tensor_value_info(key, result, shape) for key, shape in outputs.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        onnx.save(model, Path(request["folder"], f"{name}.onnx"))
    return {"ms": (time.perf_counter() - start) * 1000}


def run(request: dict) -> dict:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_mem_pattern = False
    options.enable_profiling = True
    options.profile_file_prefix = str(Path(request["folder"], "python"))
    session = onnxruntime.InferenceSession(request["path"], options, providers=["CPUExecutionProvider"])
    feeds = {name: np.zeros(shape, np.float32) for name, shape in request["inputs"].items()}
    waited = []
    for _ in range(request["runs"]):
        start = time.perf_counter()
        session.run(None, feeds)
        waited.append((time.perf_counter() - start) * 1000)
    events = json.loads(Path(session.end_profiling()).read_text())
    inside = [event["dur"] / 1000 for event in events if event["name"] == "model_run"]
    around = statistics.median(total - own for total, own in zip(waited, inside, strict=True))
    return {"ms": statistics.median(waited), "insideMs": statistics.median(inside), "aroundMs": around}


serve({"hello": hello, "make": make, "run": run})
