"""Puts the search for boxes into the mask decoder's ONNX graph: an `If` that runs it only for prompts without boxes.

Tracing cannot express the choice, and ONNX Runtime 1.30 does not run this network on a batch of zero. So both graphs are traced
on their own and joined here; weights that both use are stored once.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BOXES, USED = "input_boxes", "boxes_used"
PREFIX = "find_"


def join(decoder: Path, finder: Path) -> None:
    """Rewrites `decoder`, which takes BOXES [1,P,4], so that it calls `finder` (whose first output is boxes [1,P,4]) on [1,0,4].

    Inputs of `finder` are inputs of `decoder` by the same names.
    """
    model, search = onnx.load(decoder), onnx.load(finder).graph
    graph = model.graph
    stored = {(t.data_type, tuple(t.dims), t.raw_data): t.name for t in graph.initializer}
    shared = {value.name: value.name for value in search.input}
    for tensor in search.initializer:
        key = (tensor.data_type, tuple(tensor.dims), tensor.raw_data)
        if key not in stored:
            added = TensorProto()
            added.CopyFrom(tensor)
            added.name = PREFIX + tensor.name
            graph.initializer.append(added)
            stored[key] = added.name
        shared[tensor.name] = stored[key]
    renamed = lambda name: shared.get(name, PREFIX + name) if name else name  # noqa: E731
    for node in search.node:
        node.name = PREFIX + node.name
        node.input[:] = [renamed(name) for name in node.input]
        node.output[:] = [renamed(name) for name in node.output]
    for node in graph.node:
        node.input[:] = [USED if name == BOXES else name for name in node.input]
    found, given = renamed(search.output[0].name), f"{BOXES}_given"
    output = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, None, 4])  # noqa: E731
    search_branch = helper.make_graph(list(search.node), "find_boxes", [], [output(found)])
    given_branch = helper.make_graph([helper.make_node("Identity", [BOXES], [given])], "take_boxes", [], [output(given)])
    graph.initializer.append(numpy_helper.from_array(np.array([0], np.int64), "no_boxes"))
    graph.initializer.append(numpy_helper.from_array(np.array(1, np.int64), "boxes_axis"))
    choice = [
        helper.make_node("Shape", [BOXES], ["boxes_shape"]),
        helper.make_node("Gather", ["boxes_shape", "boxes_axis"], ["boxes_count"]),
        helper.make_node("Equal", ["boxes_count", "no_boxes"], ["boxes_missing"]),
        helper.make_node("If", ["boxes_missing"], [USED], then_branch=search_branch, else_branch=given_branch),
    ]
    nodes = [*choice, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, decoder)
