"""Write the probes: small models that show whether an execution provider computes what the CPU computes.

- `probe.onnx` chains the operators that every language model and segmenter is made of (strided and padded convolutions,
  layer and RMS normalisation, attention with softmax, erf, SiLU, transposed convolution, resize), so that a provider that
  gets one of them wrong changes the result.
- `probe_gqa.onnx` is GroupQueryAttention over a prompt of 64 tokens. It stands alone because a provider can be right in all
  else and wrong here: the WebGPU kernel of ONNX Runtime 1.30 is, on devices whose subgroups have four lanes.
- `probe_q4.onnx` is MatMulNBits, the product with four-bit weights.
- `probe_conv3.onnx` is a convolution over six channels. The WebGPU kernel of ONNX Runtime 1.30 computes wrong when the number of
  input channels is divisible by 3, not by 4, and larger than 3.
- each of them again as `_fp16`, with the same weights rounded to half precision.
- `probe_speed.onnx` is a chain of four matrix products, one kernel to compile, for the time.
- `probe_expected.f32` (little-endian float32) is what `probe.onnx` must answer to the probe image, computed by the reference
  implementation of the ONNX standard and not by ONNX Runtime: it checks the CPU, against which the others are checked.

Weights are fixed by a seed.

    python -m think2seg_models.probe_model --out resources/probe
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

WIDTH = 32
HEADS = 2
HEAD_SIZE = WIDTH // HEADS
PATCH = 4
SEED = 20261122


class _Graph:
    """Collects nodes and weights; each operator returns the name of its result."""

    def __init__(self, dtype: type[np.floating]) -> None:
        self.dtype = dtype
        self.element = TensorProto.FLOAT16 if dtype == np.float16 else TensorProto.FLOAT
        self.random = np.random.default_rng(SEED)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def op(self, kind: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: object) -> str:
        name = f"{kind.lower()}_{len(self.nodes)}"
        results = [name, *(f"{name}_{extra}" for extra in range(1, outputs))]
        self.nodes.append(helper.make_node(kind, list(inputs), results, name=name, domain=domain, **attributes))
        return name

    def constant(self, values: object, dtype: type[np.generic] = np.int64) -> str:
        name = f"constant_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values, dtype=dtype), name))
        return name

    def weight(self, *shape: int) -> str:
        """Normal values scaled so that activations keep their size."""
        fan_in = int(np.prod(shape[1:])) if len(shape) == 4 else shape[0]
        return self.constant(self.random.standard_normal(shape) / np.sqrt(fan_in), self.dtype)

    def scale(self, size: int) -> str:
        return self.constant(1 + 0.1 * self.random.standard_normal(size), self.dtype)

    def bias(self, size: int) -> str:
        return self.constant(0.1 * self.random.standard_normal(size), self.dtype)


def _split_heads(graph: _Graph, tokens: str, *, keys: bool) -> str:
    heads = graph.op("Reshape", tokens, graph.constant([1, -1, HEADS, HEAD_SIZE]))
    return graph.op("Transpose", heads, perm=[0, 2, 3, 1] if keys else [0, 2, 1, 3])


def _attention(graph: _Graph, tokens: str) -> str:
    query, key, value = (graph.op("MatMul", tokens, graph.weight(WIDTH, WIDTH)) for _ in range(3))
    scores = graph.op("MatMul", _split_heads(graph, query, keys=False), _split_heads(graph, key, keys=True))
    scaled = graph.op("Mul", scores, graph.constant(HEAD_SIZE**-0.5, graph.dtype))
    mixed = graph.op("MatMul", graph.op("Softmax", scaled, axis=-1), _split_heads(graph, value, keys=False))
    merged = graph.op("Transpose", mixed, perm=[0, 2, 1, 3])
    return graph.op("Reshape", merged, graph.constant([1, -1, WIDTH]))


def _mlp(graph: _Graph, tokens: str, *, gelu: bool) -> str:
    hidden = graph.op("Add", graph.op("MatMul", tokens, graph.weight(WIDTH, 2 * WIDTH)), graph.bias(2 * WIDTH))
    if gelu:
        erf = graph.op("Erf", graph.op("Mul", hidden, graph.constant(0.5**0.5, graph.dtype)))
        gate = graph.op("Mul", graph.op("Add", erf, graph.constant(1, graph.dtype)), graph.constant(0.5, graph.dtype))
    else:
        gate = graph.op("Sigmoid", hidden)
    return graph.op("MatMul", graph.op("Mul", hidden, gate), graph.weight(2 * WIDTH, WIDTH))


def _rms_norm(graph: _Graph, tokens: str) -> str:
    mean = graph.op("ReduceMean", graph.op("Mul", tokens, tokens), axes=[-1], keepdims=1)
    root = graph.op("Sqrt", graph.op("Add", mean, graph.constant(1e-5, graph.dtype)))
    return graph.op("Mul", graph.op("Div", tokens, root), graph.scale(WIDTH))


def _model(graph: _Graph, inputs: dict[str, list], output: str, output_shape: list) -> onnx.ModelProto:
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()]
    result = helper.make_tensor_value_info(output, TensorProto.FLOAT, output_shape)
    return helper.make_model(
        helper.make_graph(graph.nodes, "probe", values, [result], graph.weights),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)],
        producer_name="think2seg_models",
        ir_version=9,
    )


def _finish(graph: _Graph, value: str, output: str) -> None:
    graph.nodes.append(helper.make_node("Cast", [value], [output], name="result", to=TensorProto.FLOAT))


def build_core(dtype: type[np.floating]) -> onnx.ModelProto:
    """Input `x` f32 [1, 3, H, W] with sides divisible by 4; output `y` f32 [1, 4, H, W]."""
    graph = _Graph(dtype)
    image = graph.op("Cast", "x", to=graph.element)
    patch = [PATCH, PATCH]
    filters = graph.weight(WIDTH, 3, *patch)
    patches = graph.op("Conv", image, filters, graph.bias(WIDTH), strides=patch, kernel_shape=patch)
    grid = graph.op("Shape", patches)
    tokens = graph.op("Transpose", graph.op("Reshape", patches, graph.constant([1, WIDTH, -1])), perm=[0, 2, 1])

    normed = graph.op("LayerNormalization", tokens, graph.scale(WIDTH), graph.bias(WIDTH), axis=-1, epsilon=1e-5)
    tokens = graph.op("Add", tokens, _attention(graph, normed))
    tokens = graph.op("Add", tokens, _mlp(graph, _rms_norm(graph, tokens), gelu=True))
    tokens = graph.op("Add", tokens, _mlp(graph, _rms_norm(graph, tokens), gelu=False))

    features = graph.op("Reshape", graph.op("Transpose", tokens, perm=[0, 2, 1]), grid)
    features = graph.op("Conv", features, graph.weight(16, WIDTH, 3, 3), kernel_shape=[3, 3], pads=[1] * 4)
    features = graph.op("ConvTranspose", features, graph.weight(16, 8, 2, 2), kernel_shape=[2, 2], strides=[2, 2])
    scales = graph.constant([1, 1, 2, 2], np.float32)
    rectified = graph.op("Relu", features)
    features = graph.op("Resize", rectified, "", scales, mode="linear", coordinate_transformation_mode="half_pixel")
    features = graph.op("Conv", features, graph.weight(4, 8, 3, 3), kernel_shape=[3, 3], pads=[1] * 4)
    _finish(graph, features, "y")
    return _model(graph, {"x": [1, 3, "height", "width"]}, "y", [1, 4, "height", "width"])


def build_gqa(dtype: type[np.floating]) -> onnx.ModelProto:
    """Causal attention without a cache, two query heads to one key head. `x` f32 [1, T, 32] to `y` f32 [1, T, 32]."""
    graph = _Graph(dtype)
    tokens = graph.op("Cast", "x", to=graph.element)
    query = graph.op("MatMul", tokens, graph.weight(WIDTH, WIDTH))
    key = graph.op("MatMul", tokens, graph.weight(WIDTH, HEAD_SIZE))
    value = graph.op("MatMul", tokens, graph.weight(WIDTH, HEAD_SIZE))
    length = graph.op("Gather", graph.op("Shape", tokens), graph.constant(1), axis=0)
    total = graph.op("Cast", length, to=TensorProto.INT32)
    last = graph.op("Reshape", graph.op("Sub", total, graph.constant(1, np.int32)), graph.constant([1]))
    empty = graph.constant(np.zeros((1, 1, 0, HEAD_SIZE)), graph.dtype)
    attended = graph.op(
        "GroupQueryAttention",
        *(query, key, value, empty, empty, last, total),
        domain="com.microsoft",
        outputs=3,
        num_heads=HEADS,
        kv_num_heads=1,
        scale=HEAD_SIZE**-0.5,
    )
    _finish(graph, attended, "y")
    return _model(graph, {"x": [1, "tokens", WIDTH]}, "y", [1, "tokens", WIDTH])


def build_q4(dtype: type[np.floating]) -> onnx.ModelProto:
    """Product with four-bit weights in blocks of 32 along the input. `x` f32 [1, T, 128] to `y` f32 [1, T, 64]."""
    inputs, outputs, block = 128, 64, 32
    graph = _Graph(dtype)
    tokens = graph.op("Cast", "x", to=graph.element)
    packed = graph.constant(graph.random.integers(0, 256, (outputs, inputs // block, block // 2)), np.uint8)
    scales = graph.constant(graph.random.uniform(0.01, 0.03, outputs * inputs // block), dtype)
    quantised = {"K": inputs, "N": outputs, "bits": 4, "block_size": block}
    product = graph.op("MatMulNBits", tokens, packed, scales, domain="com.microsoft", **quantised)
    _finish(graph, product, "y")
    return _model(graph, {"x": [1, "tokens", inputs]}, "y", [1, "tokens", outputs])


def build_conv3(dtype: type[np.floating]) -> onnx.ModelProto:
    """Convolution over 3 x 3 pixels. `x` f32 [1, 6, H, W] to `y` f32 [1, 8, H, W]."""
    graph = _Graph(dtype)
    image = graph.op("Cast", "x", to=graph.element)
    _finish(graph, graph.op("Conv", image, graph.weight(8, 6, 3, 3), kernel_shape=[3, 3], pads=[1] * 4), "y")
    return _model(graph, {"x": [1, 6, "height", "width"]}, "y", [1, 8, "height", "width"])


def build_speed() -> onnx.ModelProto:
    """The fifth power of a matrix: `x` f32 [N, N] to `y` f32 [1, N], its mean row, so that little is copied back."""
    graph = _Graph(np.float32)
    power = "x"
    for _ in range(4):
        power = graph.op("MatMul", power, "x")
    _finish(graph, graph.op("ReduceMean", power, axes=[0], keepdims=1), "y")
    return _model(graph, {"x": ["n", "n"]}, "y", [1, "n"])


def probe_input(*shape: int) -> np.ndarray:
    """Values in [-1, 1] without a visible pattern, the same in every language: no random generator is needed."""
    index = np.arange(int(np.prod(shape)), dtype=np.int64)
    return ((index * 7919 % 2003) / 1001.5 - 1).astype(np.float32).reshape(shape)


def write_probes(out: Path) -> list[Path]:
    """Write every probe into the folder `out`, which is made if it is missing."""
    out.mkdir(parents=True, exist_ok=True)
    models = {"probe_speed.onnx": build_speed()}
    for suffix, dtype in (("", np.float32), ("_fp16", np.float16)):
        models[f"probe{suffix}.onnx"] = build_core(dtype)
        models[f"probe_gqa{suffix}.onnx"] = build_gqa(dtype)
        models[f"probe_conv3{suffix}.onnx"] = build_conv3(dtype)
        models[f"probe_q4{suffix}.onnx"] = build_q4(dtype)
    for name, model in models.items():
        onnx.save(model, out / name)
    expected = ReferenceEvaluator(models["probe.onnx"]).run(None, {"x": probe_input(1, 3, 32, 32)})[0]
    (out / "probe_expected.f32").write_bytes(expected.astype("<f4").tobytes())
    return sorted(out.glob("probe*"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the probe files")
    for path in write_probes(parser.parse_args().out):
        print(f"{path}  {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
