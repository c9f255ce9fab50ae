"""Tokenizer, chat template and other settings of a checkpoint: whether they fit the model, and their copy for a pack."""

import shutil
from pathlib import Path

from tokenizers import Tokenizer

from .checkpoint import read_json
from .errors import ToolError
from .pack_files import write_json

IMAGE_TOKEN = "<|image_pad|>"


def check_tokenizer(lvlm: Path) -> None:
    """Raises CHECKPOINT_MISMATCH when tokenizer and model cannot belong together, CHECKPOINT_INCOMPLETE without a tokenizer,
    INPUT_CORRUPT when a file does not say what it should."""
    config = read_json(lvlm / "config.json")
    text = config["text_config"] if isinstance(config.get("text_config"), dict) else config
    sizes = {"vocab_size": text.get("vocab_size"), "image_token_id": config.get("image_token_id")}
    for name, value in sizes.items():
        if not isinstance(value, int):
            raise ToolError("INPUT_CORRUPT", f"{lvlm}/config.json has {name} {value!r}, expected a number; get the file again")
    vocabulary, image_token = sizes.values()
    read_json(lvlm / "tokenizer.json")
    try:
        tokenizer = Tokenizer.from_file(str(lvlm / "tokenizer.json"))
    except Exception as error:  # tokenizers raises no class of its own
        raise ToolError("INPUT_CORRUPT", f"{lvlm}/tokenizer.json is no tokenizer ({error}); get the file again") from error
    highest = max(tokenizer.get_vocab(with_added_tokens=True).values(), default=-1)
    if highest >= vocabulary:
        raise ToolError(
            "CHECKPOINT_MISMATCH",
            f"{lvlm}: the tokenizer has ids up to {highest}, the model knows {vocabulary}; use the tokenizer it was trained with",
        )
    found = tokenizer.token_to_id(IMAGE_TOKEN)
    if found != image_token:
        raise ToolError(
            "CHECKPOINT_MISMATCH",
            f"{lvlm}: the tokenizer gives {IMAGE_TOKEN} the id {found}, the model expects {image_token}; "
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
        settings = read_json(folder / "processor_config.json").get("image_processor")
        if not isinstance(settings, dict):
            raise ToolError(
                "CHECKPOINT_INCOMPLETE",
                f"{folder}/processor_config.json has no image_processor, expected it there or in preprocessor_config.json; get that file",
            )
        return settings
    return read_json(folder / "preprocessor_config.json")
