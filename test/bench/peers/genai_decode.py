"""Peer of decode.ts: onnxruntime-genai on the same weights, embedding and decoder joined into the one file it wants."""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime_genai
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from json_lines import serve

scratch = tempfile.TemporaryDirectory()
models: dict[str, onnxruntime_genai.Model] = {}


def hello(_request: dict) -> dict:
    return {"name": f"onnxruntime-genai {onnxruntime_genai.__version__}"}


def join(embed_path: str, decoder_path: str) -> onnx.ModelProto:
    """Decoder on `input_ids` with one axis of positions, all logits: the inputs that the genai loop feeds."""
    embed = onnx.load(embed_path).graph
    model = onnx.load(decoder_path)
    graph = model.graph
    own = {tensor.name for tensor in embed.initializer} | {name for node in embed.node for name in node.output}
    for tensor in embed.initializer:
        tensor.name = f"embed_{tensor.name}"
    for node in embed.node:
        node.name = f"embed_{node.name}"
        node.input[:] = [f"embed_{name}" if name in own else name for name in node.input]
        node.output[:] = [f"embed_{name}" for name in node.output]
    inputs = {value.name: value for value in graph.input}
    for name in ("inputs_embeds", "position_ids", "num_logits_to_keep"):
        if name in inputs:
            graph.input.remove(inputs[name])
    graph.input.extend(embed.input)
    graph.input.append(helper.make_tensor_value_info("positions", TensorProto.INT64, ["batch_size", "sequence_length"]))
    graph.initializer.extend(embed.initializer)
    graph.initializer.append(numpy_helper.from_array(np.array([3, 1, 1], np.int64), "three_axes"))
    if "num_logits_to_keep" in inputs:
        graph.initializer.append(numpy_helper.from_array(np.array(2**31, np.int64), "num_logits_to_keep"))
    real = inputs["inputs_embeds"].type.tensor_type.elem_type
    joints = [
        *embed.node,
        helper.make_node("Cast", [f"embed_{embed.output[0].name}"], ["inputs_embeds"], to=real),
        helper.make_node("Expand", ["positions", "three_axes"], ["position_ids"]),
    ]
    for node in reversed(joints):
        graph.node.insert(0, node)
    return model


def open_model(embed_path: str, decoder_path: str, threads: int) -> onnxruntime_genai.Model:
    key = f"{decoder_path} {threads}"
    if key in models:
        return models[key]
    folder = Path(scratch.name) / str(len(models))
    folder.mkdir()
    model = join(embed_path, decoder_path)
    dims = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in model.graph.input}
    layers = sum(name.endswith(".key") for name in dims)
    _, kv_heads, _, head_size = dims["past_key_values.0.key"]
    vocabulary, hidden = next(t.dims for t in model.graph.initializer if t.name.startswith("embed_") and len(t.dims) == 2)
    onnx.save(model, folder / "model.onnx")
    decoder = {
        "session_options": {"provider_options": [], "intra_op_num_threads": threads},
        "filename": "model.onnx",
        "head_size": head_size,
        "hidden_size": hidden,
        "num_attention_heads": hidden // head_size,
        "num_hidden_layers": layers,
        "num_key_value_heads": kv_heads,
        "inputs": {
            "input_ids": "input_ids",
            "attention_mask": "attention_mask",
            "position_ids": "positions",
            "past_key_names": "past_key_values.%d.key",
            "past_value_names": "past_key_values.%d.value",
        },
        "outputs": {
            "logits": "logits",
            "present_key_names": "present.%d.key",
            "present_value_names": "present.%d.value",
        },
    }
    config = {
        "model": {
            "type": "qwen2",
            "bos_token_id": 0,
            "eos_token_id": [vocabulary - 1],
            "pad_token_id": 0,
            "context_length": 4096,
            "vocab_size": vocabulary,
            "decoder": decoder,
        },
        "search": {"do_sample": False, "past_present_share_buffer": False},
    }
    (folder / "genai_config.json").write_text(json.dumps(config))
    models[key] = onnxruntime_genai.Model(str(folder))
    return models[key]


def decode(request: dict) -> dict:
    """`ms` is the time of the prompt, `perToken` the mean of the tokens after the first."""
    prompt, count = request["prompt"], request["newTokens"]
    parameters_of = open_model(request["embed"], request["decoder"], request["threads"])
    parameters = onnxruntime_genai.GeneratorParams(parameters_of)
    parameters.set_search_options(max_length=len(prompt) + count, do_sample=False)
    generator = onnxruntime_genai.Generator(parameters_of, parameters)
    start = time.perf_counter()
    generator.append_tokens(prompt)
    generator.generate_next_token()
    prefilled = time.perf_counter()
    for _ in range(count - 1):
        generator.generate_next_token()
    per_token = (time.perf_counter() - prefilled) * 1000 / (count - 1)
    tokens = [int(token) for token in generator.get_sequence(0)[len(prompt) :]]
    return {"ms": (prefilled - start) * 1000, "perToken": per_token, "tokens": tokens}


serve({"hello": hello, "decode": decode})
