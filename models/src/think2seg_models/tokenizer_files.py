"""Tokenizer, chat template and other settings of a checkpoint: whether they fit the model, and their copy for a pack."""

import shutil
from pathlib import Path

from tokenizers import Tokenizer

from .checkpoint import read_json
from .errors import ToolError
from .pack_files import write_json

IMAGE_TOKEN = "<|image_pad|>"


def check_tokenizer(lvlm: Path) -> None:
    """Raises CHECKPOINT_MISMATCH when tokenizer and model cannot belong together, CHECKPOINT_INCOMPLETE without a tokenizer."""
    config = read_json(lvlm / "config.json")
    text = config.get("text_config", config)
    read_json(lvlm / "tokenizer.json")
    tokenizer = Tokenizer.from_file(str(lvlm / "tokenizer.json"))
    highest = max(tokenizer.get_vocab(with_added_tokens=True).values())
    if highest >= text["vocab_size"]:
        raise ToolError(
            "CHECKPOINT_MISMATCH",
            f"{lvlm}: the tokenizer has ids up to {highest}, the model knows {text['vocab_size']}; use the tokenizer it was trained with",
        )
    found = tokenizer.token_to_id(IMAGE_TOKEN)
    if found != config["image_token_id"]:
        raise ToolError(
            "CHECKPOINT_MISMATCH",
            f"{lvlm}: the tokenizer gives {IMAGE_TOKEN} the id {found}, the model expects {config['image_token_id']}; "
            "use the tokenizer it was trained with",
        )


def copy_settings(source: Path, target: Path) -> None:
    """Copy what the application reads beside the models, from wherever this version of transformers has put it.

    Raises CHECKPOINT_INCOMPLETE for a missing chat template or image preprocessing.
    """
    for name in ("config.json", "tokenizer.json"):
        shutil.copyfile(source / name, target / name)
    for name in ("generation_config.json", "tokenizer_config.json"):
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
    (target / "chat_template.jinja").write_text(chat_template(source), encoding="utf-8")
    write_json(target / "preprocessor_config.json", image_preprocessing(source))


def chat_template(folder: Path) -> str:
    if (folder / "chat_template.jinja").is_file():
        return (folder / "chat_template.jinja").read_text(encoding="utf-8")
    for name in ("chat_template.json", "tokenizer_config.json"):
        if (folder / name).is_file():
            template = read_json(folder / name).get("chat_template")
            if isinstance(template, str):
                return template
    raise ToolError("CHECKPOINT_INCOMPLETE", f"{folder} has no chat template, expected chat_template.jinja or .json; get the file")


def image_preprocessing(folder: Path) -> dict:
    """`preprocessor_config.json`, or the part of `processor_config.json` that newer checkpoints keep instead."""
    if not (folder / "preprocessor_config.json").is_file() and (folder / "processor_config.json").is_file():
        return read_json(folder / "processor_config.json")["image_processor"]
    return read_json(folder / "preprocessor_config.json")
