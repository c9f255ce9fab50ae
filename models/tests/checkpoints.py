"""Tiny random checkpoints in the Hugging Face layout, for tests of export, assembly and comparison."""

import copy
import json
from pathlib import Path

import torch
from tokenizers import AddedToken
from transformers import Qwen2_5_VLForConditionalGeneration, Sam2Model
from transformers.models.sam2.configuration_sam2 import Sam2HieraDetConfig, Sam2VisionConfig

from think2seg_models import tiny_qwen, tiny_sam
from think2seg_models.sam_checkpoint import SHAPES, published_config

FRAME_PX = 84
PROMPTS = [{"bbox_2d": [14, 10, 60, 66], "positive_points": [[30, 30], [40, 44]]}]
# Each piece is one token, so that the token before says which one follows.
ANSWER_PIECES = ("<think>", "one block stands out", "</think>\n<answer>```json\n", json.dumps(PROMPTS), "\n```</answer>", "<|im_end|>")


def write_talking_qwen(folder: Path) -> Path:
    """A Qwen2.5-VL whose answer is known: every layer adds nothing, and each word's embedding points at its successor.

    Its output matrix is not tied to its embedding, unlike that of the random one.
    """
    tokenizer = tiny_qwen.make_tokenizer()
    tokenizer.add_tokens([AddedToken(piece, normalized=False) for piece in ANSWER_PIECES[:-1]])
    like = tiny_qwen.make_model(tokenizer)
    config = copy.deepcopy(like.config)
    config.tie_word_embeddings = config.text_config.tie_word_embeddings = False
    torch.manual_seed(0)
    model = Qwen2_5_VLForConditionalGeneration(config).eval()
    model.generation_config = like.generation_config
    with torch.no_grad():
        for layer in model.model.language_model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        embedding = model.model.language_model.embed_tokens.weight.normal_()
        model.lm_head.weight.zero_()
        line_feed = tokenizer("\n").input_ids[0]
        word = line_feed
        for piece in ANSWER_PIECES:
            successor = tokenizer.convert_tokens_to_ids(piece)
            model.lm_head.weight[successor] = embedding[word]
            word = successor
    return save_qwen(model, tokenizer, folder)


def save_qwen(model: Qwen2_5_VLForConditionalGeneration, tokenizer, folder: Path) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(tiny_qwen.preprocessor_config()))
    return folder


def narrow_sam(size: str, side_px: int = 256) -> Sam2Model:
    """SAM 2.1 of one of SHAPES with its blocks, heads, windows and places of global attention, but narrow and for small images."""
    _, blocks, global_blocks, windows, positions = SHAPES[size]
    heads = published_config(size).vision_config.backbone_config.num_attention_heads_per_stage
    widths = [16 * number for number in heads]
    config = tiny_sam.tiny_config()
    side = side_px // 4
    backbone = Sam2HieraDetConfig(
        hidden_size=widths[0],
        num_attention_heads=heads[0],
        image_size=[side_px, side_px],
        blocks_per_stage=list(blocks),
        embed_dim_per_stage=widths,
        num_attention_heads_per_stage=heads,
        window_size_per_stage=list(windows),
        window_positional_embedding_background_size=[positions, positions],
        global_attention_blocks=list(global_blocks),
    )
    config.vision_config = Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=widths[::-1],
        backbone_feature_sizes=[[side >> level] * 2 for level in range(3)],
        fpn_hidden_size=64,
    )
    config.prompt_encoder_config.image_size = side_px
    return tiny_sam.random_model(config)


def write_random_sam(folder: Path) -> Path:
    tiny_sam.random_model(tiny_sam.tiny_config()).save_pretrained(folder)
    return folder
