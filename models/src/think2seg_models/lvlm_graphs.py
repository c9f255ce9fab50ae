"""ONNX graphs of a Qwen2.5-VL without its weights: traced from the configuration alone, so that no model is ever in memory."""

import logging
import warnings
from dataclasses import dataclass

import onnx_ir as ir
import onnxscript.optimizer
import torch
from onnx_ir.passes.common import ClearMetadataAndDocStringPass
from torch import nn
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

from .qwen_modules import Decoder, TokenEmbedding, VisionEncoder, without_weights

OPSET = 18
PARTS = ("vision_encoder", "embed_tokens", "decoder_model_merged")


@dataclass
class Graph:
    """`weights`: values that the checkpoint gives, by the name of `Checkpoint.place`; they are inputs of the graph for now."""

    model: ir.Model
    weights: dict[str, ir.Value]

    def copy(self) -> "Graph":
        model = self.model.clone()
        values = {value.name: value for value in model.graph.inputs}
        return Graph(model, {name: values[value.name] for name, value in self.weights.items()})


def trace(part: str, config: Qwen2_5_VLConfig, dtype: torch.dtype) -> Graph:
    """The graph of one of PARTS; real inputs and outputs are of `dtype`."""
    model = without_weights(config, dtype)
    for library in ("onnx_ir", "onnxscript", "torch.onnx"):
        # They report every constant they fold, and that torchvision is not here.
        logging.getLogger(library).setLevel(logging.ERROR)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about axes that share a name by design
        if part == "vision_encoder":
            return _trace_vision(model, dtype)
        if part == "embed_tokens":
            return _trace_embedding(model)
        return _trace_decoder(model, dtype)


def _trace_vision(model: Qwen2_5_VLForConditionalGeneration, dtype: torch.dtype) -> Graph:
    config = model.config.vision_config
    features = config.in_channels * config.temporal_patch_size * config.patch_size**2
    return _trace(
        VisionEncoder(model.model.visual),
        (torch.zeros(6 * 10, features, dtype=dtype), torch.tensor([[1, 6, 10]])),
        ("tower.", "visual."),
        input_names=["pixel_values", "image_grid_thw"],
        output_names=["image_features"],
        dynamic_shapes=({0: "patches"}, None),
    )


def _trace_embedding(model: Qwen2_5_VLForConditionalGeneration) -> Graph:
    return _trace(
        TokenEmbedding(model.model.language_model.embed_tokens),
        (torch.zeros(2, 5, dtype=torch.long),),
        ("embedding.", "text.embed_tokens."),
        input_names=["input_ids"],
        output_names=["inputs_embeds"],
        dynamic_shapes=[{0: "batch_size", 1: "sequence_length"}],
    )


def _trace_decoder(model: Qwen2_5_VLForConditionalGeneration, dtype: torch.dtype) -> Graph:
    config = model.config.text_config
    head_size = config.hidden_size // config.num_attention_heads
    names = [f"{layer}.{kind}" for layer in range(config.num_hidden_layers) for kind in ("key", "value")]
    batch, past_length, tokens = 2, 3, 5
    past = [torch.zeros(batch, config.num_key_value_heads, past_length, head_size, dtype=dtype) for _ in names]
    graph = _trace(
        Decoder(model),
        (
            torch.zeros(batch, tokens, config.hidden_size, dtype=dtype),
            torch.ones(batch, past_length + tokens, dtype=torch.long),
            torch.arange(past_length, past_length + tokens).expand(3, batch, tokens).contiguous(),
            past,
        ),
        ("text.", "text."),
        input_names=["inputs_embeds", "attention_mask", "position_ids", *(f"past_key_values.{n}" for n in names)],
        output_names=["logits", *(f"present.{n}" for n in names)],
        dynamic_shapes={
            "inputs_embeds": {0: "batch_size", 1: "sequence_length"},
            "attention_mask": {0: "batch_size", 1: "total_sequence_length"},
            "position_ids": {1: "batch_size", 2: "sequence_length"},
            "past": [{0: "batch_size", 2: "past_sequence_length"}] * len(names),
        },
    )
    if model.config.tie_word_embeddings and "lm_head.weight" in graph.weights:
        graph.weights["text.embed_tokens.weight"] = graph.weights.pop("lm_head.weight")
    keep_last_logits(graph.model)
    return graph


def _trace(module: nn.Module, arguments: tuple, renamed: tuple[str, str], **options: object) -> Graph:
    """`renamed`: the module's prefix of a parameter, and that of the checkpoint."""
    program = torch.onnx.export(module.eval(), arguments, opset_version=OPSET, dynamo=True, optimize=False, verbose=False, **options)
    model = program.model
    weights = {}
    for name, _ in module.named_parameters(remove_duplicate=False):
        value = model.graph.initializers.pop(name, None)
        if value is not None:
            # There are no numbers to fold: for the optimiser a weight is one more input.
            value.const_value = None
            model.graph.inputs.append(value)
            weights[renamed[1] + name.removeprefix(renamed[0]) if name.startswith(renamed[0]) else name] = value
    onnxscript.optimizer.optimize_ir(model)
    # The exporter notes for every node where in the sources it came from.
    ClearMetadataAndDocStringPass()(model)
    return Graph(model, weights)


def keep_last_logits(model: ir.Model) -> None:
    """Add the scalar input `num_logits_to_keep`: only so many last positions reach the vocabulary projection."""
    graph = model.graph
    logits = next(output for output in graph.outputs if output.name == "logits")
    projection = logits.producer()
    count = ir.Value(name="num_logits_to_keep", type=ir.TensorType(ir.DataType.INT64), shape=ir.Shape([]))
    graph.inputs.append(count)

    def constant(name: str, number: int) -> ir.Value:
        value = ir.Value(name=name, const_value=ir.tensor([number], dtype=ir.DataType.INT64, name=name))
        graph.register_initializer(value)
        return value

    negative = ir.node("Neg", [count])
    start = ir.node("Reshape", [negative.outputs[0], constant("keep_shape", 1)])
    kept = ir.node("Slice", [projection.inputs[0], start.outputs[0], constant("keep_end", 2**63 - 1), constant("keep_axis", 1)])
    graph.insert_before(projection, [negative, start, kept])
    projection.replace_input_with(0, kept.outputs[0])
    logits.shape = ir.Shape([logits.shape[0], "num_logits", logits.shape[2]])
