"""Join an exported language model and an exported segmenter to a model pack.

The prompt template and the schema of its answers come from files, never from this program: weights need the words they were
trained with. The pack appears complete or not at all.
"""

import argparse
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from .errors import ToolError, require_space, writing
from .pack_files import MANIFEST, file_entries, files_of, write_json
from .tokenizer_files import check_tokenizer


@dataclass(frozen=True)
class PackDescription:
    """What the files of two models cannot say of themselves. `template` holds `{question}`; sizes are pixels of the model frame."""

    id: str
    version: str
    title: str
    licence_id: str
    template: str
    frame_px: tuple[int, int]
    box: bool
    positive_points: int
    negative_points: int
    max_new_tokens: int
    system: str | None = None


def read_text(path: Path, what: str) -> str:
    if not path.is_file():
        raise ToolError("INPUT_NOT_FOUND", f"{path} is missing, expected a file with {what}")
    # Editors of Windows begin a text with a byte order mark, which is none of it.
    return path.read_text(encoding="utf-8-sig")


def read_schema(path: Path) -> dict[str, int | bool]:
    """The answer schema: `{"frame": [width, height], "box": true, "positivePoints": 2, "negativePoints": 0, "maxNewTokens": 2048}`."""
    try:
        schema = json.loads(read_text(path, "the answer schema"))
        width, height = schema["frame"]
        values = {
            "frame_px": (width, height),
            "box": schema["box"],
            "positive_points": schema["positivePoints"],
            "negative_points": schema["negativePoints"],
            "max_new_tokens": schema["maxNewTokens"],
        }
        numbers = [width, height, *(values[name] for name in ("positive_points", "negative_points", "max_new_tokens"))]
        right = type(values["box"]) is bool and all(type(number) is int and number >= 0 for number in numbers) and min(width, height) > 0
    except (ValueError, KeyError, TypeError) as error:
        raise ToolError("PACK_INVALID", f"{path}: {error!r}, expected JSON such as {read_schema.__doc__.split('`')[1]}") from error
    if not right or schema.keys() - {"frame", "box", "positivePoints", "negativePoints", "maxNewTokens"}:
        raise ToolError("PACK_INVALID", f"{path} says {schema}, expected JSON such as {read_schema.__doc__.split('`')[1]}")
    return values


def check_description(description: PackDescription) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", description.id):
        raise ToolError("USAGE", f"the id is {description.id!r}, expected 1 to 64 of a-z 0-9 . _ -, not a sign first; choose another")
    if "{question}" not in description.template:
        raise ToolError("PACK_INVALID", "the prompt template has no {question}, expected the place of the user's words; add it")


def model_card(description: PackDescription, entries: list[dict]) -> str:
    """A card of what is known without measuring anything: names, number formats, sizes, sums."""
    models = [entry for entry in entries if ".onnx" in str(entry["path"])]
    rows = [f"| `{entry['path']}` | {entry['bytes'] / 1e6:.1f} | `{entry['sha256']}` |" for entry in models]
    points = f"{description.positive_points} positive and {description.negative_points} negative points"
    return "\n".join(
        [
            f"# {description.title}",
            "",
            f"Pack `{description.id}`, version {description.version}. Licence: {description.licence_id}, text in `LICENSE`.",
            "",
            f"The language model sees {description.frame_px[0]} x {description.frame_px[1]} pixels and answers with "
            f"{'a box, ' if description.box else ''}{points} for each object. Nothing was measured when this pack was assembled; "
            "`python -m think2seg_models verify` compares it with its checkpoints.",
            "",
            "| file | MB | SHA-256 |",
            "| --- | --: | --- |",
            *rows,
            "",
        ]
    )


def manifest_of(description: PackDescription, entries: list[dict]) -> dict[str, object]:
    width, height = description.frame_px
    return {
        "schema": 1,
        "id": description.id,
        "version": description.version,
        "title": description.title,
        "licence": {"id": description.licence_id, "file": "LICENSE"},
        "modelCard": "MODEL_CARD.md",
        "frame": {"width": width, "height": height},
        "coordinates": "model-frame-px",
        "prompt": {"template": description.template} | ({} if description.system is None else {"system": description.system}),
        "promptSchema": {
            "box": description.box,
            "positivePoints": description.positive_points,
            "negativePoints": description.negative_points,
        },
        "generation": {"maxNewTokens": description.max_new_tokens},
        "files": entries,
    }


def assemble(
    lvlm: Path,
    segmenter: Path,
    description: PackDescription,
    licence: Path,
    pack: Path,
    *,
    card: Path | None = None,
    overwrite: bool = False,
) -> None:
    """Copy the files of both models to the new folder `pack` and write its manifest.

    Raises ToolError: INPUT_NOT_FOUND, PACK_INCOMPLETE or CHECKPOINT_MISMATCH for what the folders lack, PACK_INVALID for template
    or licence, OUTPUT_EXISTS without `overwrite`, OUTPUT_FULL, OUTPUT_NOT_WRITABLE.
    """
    check_description(description)
    licence_text = read_text(licence, "the licence of the weights")
    if not licence_text.strip():
        raise ToolError("PACK_INVALID", f"{licence} is empty, expected the licence of the weights; give its text")
    card_text = None if card is None else read_text(card, "the model card")
    folders = {"lvlm": lvlm, "segmenter": segmenter}
    sources = {f"{role}/{path}": folder / path for role, folder in folders.items() for path in files_of(folder, role)}
    check_tokenizer(lvlm)
    if pack.exists() and not overwrite:
        raise ToolError("OUTPUT_EXISTS", f"{pack} exists; choose another folder or say --overwrite")
    require_space(pack, sum(path.stat().st_size for path in sources.values()))

    staging = pack.with_name(f".{pack.name}.assembling")
    with writing(pack):
        shutil.rmtree(staging, ignore_errors=True)
        try:
            for path, source in sources.items():
                target = staging / path
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
            (staging / "LICENSE").write_text(licence_text, encoding="utf-8")
            entries = file_entries(staging)
            (staging / "MODEL_CARD.md").write_text(card_text or model_card(description, entries), encoding="utf-8")
            write_json(staging / MANIFEST, manifest_of(description, file_entries(staging)))
            if pack.exists():
                shutil.rmtree(pack)
            staging.rename(pack)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m think2seg_models assemble", description=__doc__.split("\n")[0])
    parser.add_argument("--lvlm", type=Path, required=True, help="folder that export-lvlm wrote")
    parser.add_argument("--segmenter", type=Path, required=True, help="folder that export-segmenter wrote")
    parser.add_argument("--template", type=Path, required=True, help="text file: the prompt of the training, with {question}")
    parser.add_argument("--schema", type=Path, required=True, help="JSON file: frame, box, positivePoints, negativePoints, maxNewTokens")
    parser.add_argument("--system", type=Path, help="text file: system message, instead of that of the chat template")
    parser.add_argument("--licence", type=Path, required=True, help="text of the licence of the weights")
    parser.add_argument("--licence-id", required=True, help="its SPDX name or another short one")
    parser.add_argument("--model-card", type=Path, help="Markdown; without it a card with sizes and sums is written")
    parser.add_argument("--id", required=True)
    parser.add_argument("--version", default="1")
    parser.add_argument("--title", required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the pack, made new")
    parser.add_argument("--overwrite", action="store_true")
    options = parser.parse_args(argv)
    description = PackDescription(
        id=options.id,
        version=options.version,
        title=options.title,
        licence_id=options.licence_id,
        # An editor ends a file with a line feed; the prompt of the training has none there.
        template=read_text(options.template, "the prompt template").removesuffix("\n"),
        system=None if options.system is None else read_text(options.system, "the system message").removesuffix("\n"),
        **read_schema(options.schema),
    )
    assemble(
        options.lvlm,
        options.segmenter,
        description,
        options.licence,
        options.out,
        card=options.model_card,
        overwrite=options.overwrite,
    )
    total = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    print(f"{options.out}: {total / 1e6:.1f} MB; import it with: think2seg pack import {options.out}")
    return 0
