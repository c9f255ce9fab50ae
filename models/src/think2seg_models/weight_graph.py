"""Puts the weights of a checkpoint into a traced graph, in a number format."""

from pathlib import Path

import numpy as np
import onnx_ir as ir

from .checkpoint import Checkpoint
from .data_file import Extent
from .lvlm_graphs import Graph
from .weight_formats import BLOCK, Kind, StoredWeight, Tensor

QUANTISED: dict[str, Kind] = {"q4": "blocks4", "int8": "blocks8"}


def store_weights(graph: Graph, checkpoint: Checkpoint, precision: str, *, int8_activations: bool) -> list[StoredWeight]:
    """How each weight of the graph is to be stored. The graph then takes the stored arrays as inputs, see `attach_data`.

    With `int8_activations` the CPU kernels of the quantised formats round activations to 8 bits, which is several times faster.
    """
    dtype = np.dtype(np.float16 if precision == "fp16" else np.float32)
    stored = []
    for name, value in graph.weights.items():
        place = checkpoint.place(name, tuple(int(size) for size in value.shape))
        weight = StoredWeight(name, place, _kind(value, precision), dtype)
        arrays = [_input(tensor) for tensor in weight.tensors]
        if weight.kind == "plain":
            ir.convenience.replace_all_uses_with(value, arrays[0])
        elif weight.kind == "row_codes":
            _look_up_codes(graph.model, value, arrays)
        else:
            _project(graph.model, value, arrays, weight, int8_activations)
        graph.model.graph.inputs.remove(value)
        graph.model.graph.inputs.extend(arrays)
        stored.append(weight)
    return stored


def attach_data(model: ir.Model, stored: list[StoredWeight], extents: dict[str, Extent], data_file: Path) -> None:
    """Turns the inputs that `store_weights` left into arrays of the data file beside the model."""
    graph = model.graph
    arrays = {tensor.name: tensor for weight in stored for tensor in weight.tensors}
    for value in [value for value in graph.inputs if value.name in arrays]:
        tensor, extent = arrays[value.name], extents[value.name]
        value.const_value = ir.ExternalTensor(
            data_file.name,
            extent.offset,
            extent.length,
            ir.DataType.from_numpy(tensor.dtype),
            shape=ir.Shape(tensor.shape),
            name=tensor.name,
            base_dir=data_file.parent,
        )
        graph.inputs.remove(value)
        graph.register_initializer(value)


def _kind(value: ir.Value, precision: str) -> Kind:
    users = [use.node for use in value.uses()]
    if all(node.op_type == "Transpose" for node in users):
        products = [use for node in users for use in node.outputs[0].uses()]
        if all(use.node.op_type == "MatMul" and use.idx == 1 for use in products):
            return QUANTISED.get(precision, "transposed")
    if precision in QUANTISED and all(node.op_type == "Gather" for node in users):
        return "row_codes"
    return "plain"


def _input(tensor: Tensor) -> ir.Value:
    return ir.Value(name=tensor.name, type=ir.TensorType(ir.DataType.from_numpy(tensor.dtype)), shape=ir.Shape(tensor.shape))


def _project(model: ir.Model, value: ir.Value, arrays: list[ir.Value], weight: StoredWeight, int8_activations: bool) -> None:
    """MatMul(x, Transpose(value)) becomes MatMul(x, transposed) or MatMulNBits(x, packed, scales)."""
    outputs, inputs = weight.place.shape
    for transpose in [use.node for use in value.uses()]:
        for product in [use.node for use in transpose.outputs[0].uses()]:
            if weight.kind == "transposed":
                product.replace_input_with(1, arrays[0])
                continue
            product.op_type, product.domain = "MatMulNBits", "com.microsoft"
            product.resize_inputs(3)
            for index, array in enumerate(arrays, 1):
                product.replace_input_with(index, array)
            settings = {
                "K": inputs,
                "N": outputs,
                "bits": weight.bits,
                "block_size": BLOCK,
                "accuracy_level": 4 if int8_activations else 1,
            }
            for name, number in settings.items():
                product.attributes.add(ir.AttrInt64(name, number))
            model.opset_imports["com.microsoft"] = 1
        model.graph.remove(transpose, safe=True)


def _look_up_codes(model: ir.Model, value: ir.Value, arrays: list[ir.Value]) -> None:
    """Gather(value, ids) becomes Gather(codes, ids) * Gather(scales, ids)."""
    for gather in [use.node for use in value.uses()]:
        codes, scales = (ir.node("Gather", [array, gather.inputs[1]]) for array in arrays)
        real = ir.node("Cast", [codes.outputs[0]], {"to": int(ir.DataType.FLOAT)})
        model.graph.insert_before(gather, [codes, scales, real])
        gather.op_type = "Mul"
        gather.attributes.clear()
        gather.replace_input_with(0, real.outputs[0])
        gather.replace_input_with(1, scales.outputs[0])
