"""What Ray takes beside the work of a batch, and what a second worker brings: the same scenes with and without Ray, one thread a worker.

    out/ray-venv/bin/python test/bench/ray_overhead.py --scenes 60 --rounds 3

Copies the sample scene under many names (the name is part of what a scene is known by), and asks all of them one question with
`think2seg batch`: alone and on a Ray cluster of this machine, with one worker and with two, in turn, so that all meet the same company on
the machine. A scene takes what lies between two finished ones, from the first after the start until the last; start is the time to the
first; outside is what a scene took beside the time that the engine itself counted (sums of files, messages, Ray). Prints medians over the
rounds and writes report.json. A measurement, not a test: nothing fails for being slow.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
# As nice as everything else that is measured.
os.environ["RAY_worker_niceness"] = "0"

from ray.cluster_utils import Cluster

ROOT = Path(__file__).parents[2]
QUESTION = "Where is liquid fuel kept in bulk?"
WORKERS = (1, 2)


def batch_command(scenes: Path, answers: Path, how: list[str]) -> list[str]:
    command = ["node", str(ROOT / "src-main/think2seg.mjs"), "batch", str(scenes), "-q", QUESTION, "-o", str(answers)]
    return [*command, "--format", "geojson", "--provider", "cpu", "--threads", "1", "--progress", "json", *how]


def measure(scenes: Path, answers: Path, how: list[str], workers: int) -> dict:
    """`start_s`: until the first scene is finished; `scene_s`: of each after the start, over all workers; `outside_s`: median."""
    shutil.rmtree(answers, ignore_errors=True)
    began = time.monotonic()
    process = subprocess.Popen(batch_command(scenes, answers, how), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    finished = []
    for line in process.stderr:
        if line.startswith("{") and json.loads(line)["kind"] == "item-finished":
            finished.append(time.monotonic() - began)
    if process.wait() != 0 or len(finished) != len(list(scenes.iterdir())):
        raise RuntimeError(f"{how} ended with {process.returncode} after {len(finished)} scenes")
    lines = [json.loads(line) for line in (answers / "manifest.jsonl").read_text().splitlines()]
    outside = [line["wallMs"] - line["timingsMs"]["total"] for line in lines if line["kind"] == "item"]
    # Every worker loads models for its first scene.
    scene_s = (finished[-1] - finished[workers]) / (len(finished) - 1 - workers)
    return {"start_s": finished[0], "scene_s": scene_s, "outside_s": statistics.median(outside) / 1000, "all_s": finished[-1]}


def measure_on_ray(scenes: Path, answers: Path, workers: int) -> dict:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": workers, "object_store_memory": 80_000_000})
    try:
        return measure(scenes, answers, ["--engine", "ray", "--address", cluster.address, "--python", sys.executable], workers)
    finally:
        cluster.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "out/bench/ray-overhead")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    scenes, answers = options.out / "scenes", options.out / "answers"
    scenes.mkdir(parents=True)
    for number in range(options.scenes):
        shutil.copy(ROOT / "resources/sample/harbour.tif", scenes / f"scene-{number:04}.tif")

    rounds: dict[str, list[dict]] = {}
    for _ in range(options.rounds):
        for workers in WORKERS:
            rounds.setdefault(f"alone, {workers}", []).append(measure(scenes, answers, ["--workers", str(workers)], workers))
            rounds.setdefault(f"ray, {workers}", []).append(measure_on_ray(scenes, answers, workers))
            print(*(f"{name}: {runs[-1]['scene_s']:.3f} s a scene; " for name, runs in rounds.items()), file=sys.stderr, flush=True)

    median = {name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in rounds.items()}
    load = os.getloadavg()[1]
    for name, row in median.items():
        start, scene, outside, every = row.values()
        print(f"{name} worker(s): start {start:.1f} s, then {scene:.3f} s a scene ({outside:.3f} s outside), {every:.1f} s in all")
    for kind in ("alone", "ray"):
        print(f"{kind}: {median[f'{kind}, 1']['scene_s'] / (2 * median[f'{kind}, 2']['scene_s']):.2f} efficiency of two workers")
    for workers in WORKERS:
        more = median[f"ray, {workers}"]["outside_s"] - median[f"alone, {workers}"]["outside_s"]
        print(f"{workers} worker(s): Ray takes {1000 * more:.0f} ms more a scene")
    print(f"{options.scenes} scenes, {options.rounds} rounds, {os.cpu_count()} cores, load {load:.1f}")
    report = {"scenes": options.scenes, "cores": os.cpu_count(), "load": load, "median": median, "rounds": rounds}
    (options.out / "report.json").write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
