"""Exports checkpoints of real size (random weights), loads each in the product, and tables time, memory and disk.

    models/.venv/bin/python test/bench/exported_packs.py --out out/bench/exported-packs
    models/.venv/bin/python test/bench/exported_packs.py --out ... --only sam2.1-small/fp32 3B/int4

A segmenter goes into a pack beside a tiny language model and outlines three prompts; a language model beside a tiny segmenter and is
asked a question, which random weights cannot answer: that the product says so is part of the measurement. What was measured is kept
in report.json and not measured again. A measurement, not a test: nothing fails for being slow.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from process_memory import run_measured

sys.path.insert(0, str(Path(__file__).parents[2] / "models/src"))
from think2seg_models import tiny_qwen, tiny_sam

ROOT = Path(__file__).parents[2]
RASTER = ROOT / "resources/sample/harbour.tif"
MODELS = [sys.executable, "-m", "think2seg_models"]
THINK2SEG = ["node", ROOT / "src-main/think2seg.mjs"]
PROMPTS = [
    {"bbox_2d": [100, 100, 300, 260], "positive_points": [[180, 170], [220, 190]]},
    {"bbox_2d": [400, 500, 640, 760], "positive_points": [[500, 600], [540, 640]]},
    {"bbox_2d": [700, 80, 960, 300], "positive_points": [[800, 160], [860, 200]]},
]
NEW_TOKENS = 32


@dataclass(frozen=True)
class Case:
    """A checkpoint of `random_checkpoint` and a number format; `layers` of the decoder if not all."""

    size: str
    precision: str
    layers: int | None = None

    @property
    def is_segmenter(self) -> bool:
        return self.size.startswith("sam2.1-")

    @property
    def name(self) -> str:
        return f"{self.size}{'' if self.layers is None else f'-{self.layers}-layers'}/{self.precision}"

    @property
    def checkpoint(self) -> str:
        return self.name.split("/")[0]


CASES = [
    *(Case(f"sam2.1-{size}", precision) for size in ("tiny", "small", "base-plus", "large") for precision in ("fp32", "fp16")),
    Case("3B", "int4"),
    *(Case("7B", "int4", layers) for layers in (2, 8, None)),
]


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def python(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", *map(str, arguments)], check=True)


def make_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """The folder, made beside its place first, so that one that is there is complete."""
    if not folder.exists():
        unfinished = folder.with_name(f".{folder.name}")
        shutil.rmtree(unfinished, ignore_errors=True)
        make(unfinished)
        unfinished.rename(folder)
    return folder


def random_checkpoint(work: Path, case: Case) -> Path:
    layers = [] if case.layers is None else ["--layers", str(case.layers)]
    name = "think2seg_models.random_checkpoint"
    return make_once(work / "checkpoints" / case.checkpoint, lambda out: python(name, "--size", case.size, "--out", out, *layers))


def tiny_lvlm(work: Path) -> Path:
    def make(out: Path) -> None:
        checkpoint = work / "tiny-qwen"
        tiny_qwen.write_checkpoint(checkpoint)
        python("think2seg_models", "export-lvlm", checkpoint, "--out", out, "--precision", "fp32")

    return make_once(work / "tiny-lvlm", make)


def tiny_segmenter(work: Path) -> Path:
    def make(out: Path) -> None:
        checkpoint = work / "tiny-sam"
        tiny_sam.random_model(tiny_sam.tiny_config()).save_pretrained(checkpoint)
        python("think2seg_models", "export-segmenter", checkpoint, "--out", out)

    return make_once(work / "tiny-segmenter", make)


def assemble(work: Path, case: Case, exported: Path) -> Path:
    frame_px = 84 if case.is_segmenter else 840
    lvlm, segmenter = (tiny_lvlm(work), exported) if case.is_segmenter else (exported, tiny_segmenter(work))
    schema = {"frame": [frame_px, frame_px], "box": True, "positivePoints": 2, "negativePoints": 0, "maxNewTokens": NEW_TOKENS}
    (work / "schema.json").write_text(json.dumps(schema))
    (work / "template.txt").write_text("Find {question}. Answer with a JSON list of boxes and points.\n")
    (work / "licence.txt").write_text("Random weights: do what you like.\n")
    pack = work / "pack"
    texts = ["--template", work / "template.txt", "--schema", work / "schema.json", "--licence", work / "licence.txt"]
    names = ["--licence-id", "CC0-1.0", "--id", "measured", "--title", case.name]
    python("think2seg_models", "assemble", "--lvlm", lvlm, "--segmenter", segmenter, *texts, *names, "--out", pack, "--overwrite")
    return pack


def measure_export(work: Path, case: Case) -> dict:
    checkpoint = random_checkpoint(work, case)
    exported = work / "exported"
    shutil.rmtree(exported, ignore_errors=True)
    command = "export-segmenter" if case.is_segmenter else "export-lvlm"
    run = run_measured([*MODELS, command, checkpoint, "--out", exported, "--precision", case.precision])
    if run.status != 0:
        raise RuntimeError(f"{command} of {case.name} ended with {run.status}")
    return {
        "checkpoint_bytes": size_of(checkpoint),
        "export_s": run.wall_s,
        "export_peak_bytes": run.peak_bytes,
        "bytes": size_of(exported),
        "largest_file_bytes": max(path.stat().st_size for path in exported.rglob("*")),
    }


def import_pack(work: Path, pack: Path) -> tuple[Path, dict]:
    """The pack in a user's folder of packs, and how long import and verification took."""
    home = work / "packs"
    shutil.rmtree(home, ignore_errors=True)
    environment = os.environ | {"THINK2SEG_PACKS": str(home)}
    steps = {
        "import": ["pack", "import", pack],
        "verify": ["pack", "verify", "measured"],
        "inspect": ["pack", "inspect", "measured", "--json"],
    }
    runs = {name: run_measured([*THINK2SEG, *command], environment=environment) for name, command in steps.items()}
    for name, run in runs.items():
        if run.status != 0:
            raise RuntimeError(f"think2seg pack {name} ended with {run.status}")
    summary = json.loads(runs["inspect"].output)
    return home / "measured", {
        "import_s": runs["import"].wall_s,
        "verify_s": runs["verify"].wall_s,
        "estimated_memory_bytes": summary["estimatedMemoryBytes"],
    }


def measure_segmenter(work: Path, pack: Path, mode: str) -> dict:
    (work / "prompts.json").write_text(json.dumps(PROMPTS))
    arguments = ["segment", RASTER, "--prompts", work / "prompts.json", "--pack", pack, "--mode", mode, "--provider", "cpu"]
    run = run_measured([*THINK2SEG, *arguments, "--threads", str(os.cpu_count()), "--json", "--quiet"])
    if run.status != 0:
        raise RuntimeError(f"think2seg segment ended with {run.status}")
    result = json.loads(run.output.splitlines()[-1])
    return {"wall_s": run.wall_s, "peak_bytes": run.peak_bytes, "status": result["status"], "timings_ms": result["timingsMs"]}


def measure_lvlm(pack: Path) -> dict:
    """When each stage began, from the progress that the product reports, and the error that ends it."""
    events: list[tuple[float, dict]] = []
    errors: list[tuple[float, str]] = []

    def hear(seconds: float, line: str) -> None:
        if line.startswith("{"):
            events.append((seconds, json.loads(line)))
        else:
            errors.append((seconds, line))

    arguments = ["segment", RASTER, "--query", "the storage tanks", "--pack", pack, "--provider", "cpu", "--scale", "whole"]
    run = run_measured([*THINK2SEG, *arguments, "--threads", str(os.cpu_count()), "--json", "--progress", "json"], hear)
    # Two stages speak under the name of thinking: reading the prompt (done of total), then writing (text).
    at = {
        "loading": next(s for s, e in events if e["stage"] == "loading"),
        "seeing": next(s for s, e in events if e["stage"] == "seeing"),
        "reading": next(s for s, e in events if e["stage"] == "thinking"),
        "writing": next(s for s, e in events if e["stage"] == "thinking" and e.get("done") == e.get("total")),
    }
    return {
        "status": run.status,
        "error": [line for _, line in errors],
        "wall_s": run.wall_s,
        "peak_bytes": run.peak_bytes,
        "load_s": at["seeing"] - at["loading"],
        "vision_s": at["reading"] - at["seeing"],
        "prefill_s": at["writing"] - at["reading"],
        "prompt_tokens": next(e["total"] for _, e in events if e["stage"] == "thinking"),
        # Random weights choose words beyond the tiny tokenizer, so no text tells of them: all that were allowed, until the error.
        "tokens_per_s": NEW_TOKENS / (errors[-1][0] - at["writing"]),
    }


def measure(work: Path, case: Case) -> dict:
    row = measure_export(work, case)
    pack = assemble(work, case, work / "exported")
    shutil.rmtree(work / "exported")
    imported, told = import_pack(work, pack)
    shutil.rmtree(pack)
    row |= told
    if case.is_segmenter:
        row |= {mode: measure_segmenter(work, imported, mode) for mode in ("reference", "native")}
    elif case.layers is None:
        row |= {"ask": measure_lvlm(imported)}
    shutil.rmtree(imported)
    return row


def tables(rows: dict[str, dict]) -> str:
    """The report as Markdown."""
    segmenters = {name: row for name, row in rows.items() if "reference" in row}
    lines = []
    if segmenters:
        lines += [
            "| segmenter | export, s | peak, GB | MB on disk | import, s | outline 3 prompts, s: reference | native | peak, GB |",
            "| --- | --: | --: | --: | --: | --: | --: | --: |",
        ]
    for name, row in segmenters.items():
        peak = max(row[mode]["peak_bytes"] for mode in ("reference", "native"))
        lines.append(
            f"| {name.replace('/', ' ')} | {row['export_s']:.0f} | {row['export_peak_bytes'] / 1e9:.2f} | {row['bytes'] / 1e6:.0f} | "
            f"{row['import_s']:.1f} | {row['reference']['wall_s']:.1f} | {row['native']['wall_s']:.1f} | {peak / 1e9:.2f} |"
        )
    lvlms = {name: row for name, row in rows.items() if name not in segmenters}
    if lvlms:
        lines += ["", "| language model | checkpoint, GB | export, min | peak, GB | GB on disk |", "| --- | --: | --: | --: | --: |"]
    for name, row in lvlms.items():
        lines.append(
            f"| {name.replace('/', ' ')} | {row['checkpoint_bytes'] / 1e9:.1f} | {row['export_s'] / 60:.1f} | "
            f"{row['export_peak_bytes'] / 1e9:.2f} | {row['bytes'] / 1e9:.2f} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for report.json, checkpoints and packs")
    parser.add_argument("--only", nargs="+", choices=[case.name for case in CASES], help="these cases, in place of all")
    parser.add_argument("--keep-checkpoints", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    report = options.out / "report.json"
    rows = json.loads(report.read_text()) if report.exists() else {}
    cases = [case for case in CASES if options.only is None or case.name in options.only]
    for number, case in enumerate(cases):
        if case.name not in rows:
            rows[case.name] = measure(options.out, case)
            report.write_text(json.dumps(rows, indent=1) + "\n")
        if not options.keep_checkpoints and case.checkpoint not in {later.checkpoint for later in cases[number + 1 :]}:
            shutil.rmtree(options.out / "checkpoints" / case.checkpoint, ignore_errors=True)
    print(tables({case.name: rows[case.name] for case in CASES if case.name in rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
