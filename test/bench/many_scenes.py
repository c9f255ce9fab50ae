"""A batch of many small scenes: throughput, and the memory of the process tree as it goes on.

    models/.venv/bin/python test/bench/many_scenes.py --scenes 1000

Cuts pieces out of the sample scene, no two the same, and asks all of them one question with `think2seg batch`; then gives the same
command again, which has nothing left to do. Prints a row for every twentieth of the scenes and writes report.json. A measurement, not a
test: nothing fails for being slow.
"""

import argparse
import json
import os
import shutil
from pathlib import Path

import numpy as np
import rasterio
from process_memory import memory_bytes, run_measured, tree_of
from rasterio.windows import Window

ROOT = Path(__file__).parents[2]
QUESTION = "Where is liquid fuel kept in bulk?"
ROWS = 20


def make_scenes(folder: Path, count: int, side: int, seed: int) -> None:
    folder.mkdir()
    with rasterio.open(ROOT / "resources/sample/harbour.tif") as sample:
        last_x, last_y = sample.width - side, sample.height - side
        places = np.random.default_rng(seed).choice((last_x + 1) * (last_y + 1), count, replace=False)
        for number, place in enumerate(places):
            y, x = divmod(int(place), last_x + 1)
            window = Window(x, y, side, side)
            profile = {"driver": "GTiff", "width": side, "height": side, "count": 3, "dtype": "uint8", "crs": sample.crs}
            with rasterio.open(folder / f"scene-{number:05}.tif", "w", **profile, transform=sample.window_transform(window)) as target:
                target.write(sample.read([1, 2, 3], window=window))


def batch_command(scenes: Path, answers: Path, threads: int) -> list[str]:
    command = ["node", str(ROOT / "src-main/think2seg.mjs"), "batch", str(scenes), "-q", QUESTION, "-o", str(answers)]
    return [*command, "--format", "geojson", "--provider", "cpu", "--threads", str(threads), "--json", "--progress", "json"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--side", type=int, default=256, help="of a scene, in pixels")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=ROOT / "out/bench/many-scenes")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    scenes, answers = options.out / "scenes", options.out / "answers"
    make_scenes(scenes, options.scenes, options.side, options.seed)
    rows: list[dict] = []
    finished = 0

    def watch(seconds: float, line: str) -> None:
        nonlocal finished
        if not line.startswith("{") or json.loads(line).get("kind") != "item-finished":
            return
        finished += 1
        if finished % max(1, options.scenes // ROWS) == 0:
            # All processes below this one are the program's.
            row = {"finished": finished, "seconds": seconds, "bytes": memory_bytes(tree_of(os.getpid())[1:])}
            rows.append(row)
            print(f"{finished} scenes, {seconds:.1f} s, {finished / seconds:.2f} scenes/s, {row['bytes'] / 2**20:.0f} MiB", flush=True)

    command = batch_command(scenes, answers, options.threads)
    first = run_measured(command, watch)
    again = run_measured(command, lambda _seconds, _line: None)
    if first.status != 0 or again.status != 0:
        raise RuntimeError(f"think2seg ended with {first.status} and {again.status}")
    result, repeat = (json.loads(run.output.splitlines()[-1]) for run in (first, again))
    times = {"wall_s": first.wall_s, "again_s": again.wall_s}
    report = {**times, "peak_bytes": first.peak_bytes, "rows": rows, "result": result, "repeat": repeat}
    (options.out / "report.json").write_text(json.dumps(report, indent=2))
    print(
        f"{result['done']} done, {result['failed']} failed in {first.wall_s:.1f} s, peak {first.peak_bytes / 2**20:.0f} MiB; "
        f"again: {repeat['done']} done, {repeat['alreadyDone']} known, {again.wall_s:.1f} s"
    )


if __name__ == "__main__":
    main()
