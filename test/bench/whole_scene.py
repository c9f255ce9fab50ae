"""A whole scene in tiles: memory of the process tree, time against the number of tiles, and a peer in Python, in one run.

    models/.venv/bin/python test/bench/whole_scene.py --sides 12500 25000 50000 --out out/bench/whole-scene

Makes a sparse three-band COG of each side: the sample scene at a share of its tiles, nothing elsewhere. Asks it with
`think2seg segment --scale tiles --mode reference`; then a peer written simply (rasterio, onnxruntime, one tile after another) asks the
same models about the same tiles. Writes report.json and a plot. A measurement, not a test: nothing fails for being slow.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import rasterio
from PIL import Image, ImageDraw
from process_memory import run_measured
from rasterio.shutil import copy as copy_raster
from rasterio.windows import Window

sys.path.insert(0, str(Path(__file__).parents[2] / "models/src"))
from think2seg_models.nano_runtime import NanoRuntime

ROOT = Path(__file__).parents[2]
QUESTION = "Where is liquid fuel kept in bulk?"
BLOCK = 512


def make_scene(path: Path, side: int, share: float, seed: int) -> None:
    """A COG of `side` pixels with the sample scene at `share` of its places."""
    with rasterio.open(ROOT / "resources/sample/harbour.tif") as sample:
        pixels, crs, transform = sample.read([1, 2, 3]), sample.crs, sample.transform
    height, width = pixels.shape[1:]
    places = [(y, x) for y in range(0, side - height + 1, height) for x in range(0, side - width + 1, width)]
    chosen = np.random.default_rng(seed).choice(len(places), max(1, round(share * len(places))), replace=False)
    flat = path.with_suffix(".flat.tif")
    profile = {
        "driver": "GTiff",
        "width": side,
        "height": side,
        "count": 3,
        "dtype": "uint8",
        "crs": crs,
        "transform": transform,
    }
    layout = {
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "compress": "deflate",
        "bigtiff": "yes",
        "nodata": 0,
    }
    with rasterio.open(flat, "w", **profile, **layout, sparse_ok=True) as target:
        for place in chosen:
            y, x = places[place]
            target.write(pixels, window=Window(x, y, width, height))
    copy_raster(
        flat,
        path,
        driver="COG",
        compress="deflate",
        sparse_ok="YES",
        bigtiff="YES",
        num_threads="2",
    )
    flat.unlink()


def run_ours(scene: Path, threads: int) -> dict:
    command = [
        "node",
        str(ROOT / "src-main/think2seg.mjs"),
        "segment",
        str(scene),
        "-q",
        QUESTION,
        "--scale",
        "tiles",
    ]
    command += [
        "--mode",
        "reference",
        "--provider",
        "cpu",
        "--threads",
        str(threads),
        "--json",
        "--quiet",
    ]
    run = run_measured(command)
    if run.status != 0:
        raise RuntimeError(f"think2seg ended with {run.status}")
    result = json.loads(run.output.splitlines()[-1])
    model_ms = sum(result["timingsMs"].get(step, 0) for step in ("vision", "prefill", "decode", "segmentEncode", "segmentDecode"))
    return {
        "wall_s": run.wall_s,
        "cpu_s": run.cpu_s,
        # The embedded pack is asked about one tile on each thread: their times add up, the wall sees them side by side.
        "model_s": model_ms / 1000 / threads,
        "load_s": sum(result["timingsMs"].get(step, 0) for step in ("loadLvlm", "loadSegmenter", "digest")) / 1000,
        "peak_bytes": run.peak_bytes,
        "features": result["features"],
        "scale": result["scale"],
        "timings_ms": result["timingsMs"],
    }


def run_peer(scene: Path, tile: int, overlap: int, threads: int) -> dict:
    began, cpu_began = time.monotonic(), time.process_time()
    runtime = NanoRuntime(ROOT / "models/nano", threads)
    answered, masks = 0, 0
    with rasterio.open(scene) as source:
        starts = [*range(0, source.width - tile, tile - overlap), source.width - tile]
        for y in starts:
            for x in starts:
                window = Window(x, y, tile, tile)
                if not source.dataset_mask(window=window).any():
                    continue
                image = np.ascontiguousarray(source.read([1, 2, 3], window=window).transpose(1, 2, 0))
                frame = runtime.frame(image)
                prompts = runtime.ask(frame, QUESTION).prompts or []
                answered += 1
                if prompts:
                    mask = runtime.outline(runtime.encode(frame), prompts, (tile, tile)).astype(np.uint8)
                    contours, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
                    masks += len(contours)
    return {
        "wall_s": time.monotonic() - began,
        "cpu_s": time.process_time() - cpu_began,
        "answered": answered,
        "contours": masks,
    }


def plot(rows: list[dict], path: Path, measure: str) -> None:
    """`measure`: wall_s or cpu_s."""
    width, height, margin = 640, 400, 50
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    most_tiles = max(row["ours"]["scale"]["tiles"] for row in rows)
    most_s = max(max(row["ours"][measure], row["peer"][measure]) for row in rows)
    draw.line(
        [(margin, 20), (margin, height - margin), (width - 20, height - margin)],
        fill="black",
    )
    draw.text((width - 150, height - margin + 10), f"{most_tiles} tiles", fill="black")
    draw.text((margin + 5, 10), f"{most_s:.0f} s ({measure[:-2]})", fill="black")
    for number, (name, colour) in enumerate((("ours", "#205aa0"), ("peer", "#be5028"))):
        points = [
            (
                margin + (width - margin - 20) * row["ours"]["scale"]["tiles"] / most_tiles,
                height - margin - (height - margin - 20) * row[name][measure] / most_s,
            )
            for row in rows
        ]
        draw.line(points, fill=colour, width=2)
        for x, y in points:
            draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=colour)
        draw.text((margin + 20, 40 + 16 * number), name, fill=colour)
    picture.save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[2048, 4096, 8192])
    parser.add_argument("--share", type=float, default=0.1, help="of the scene that is not empty")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=ROOT / "out/bench/whole-scene")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for side in options.sides:
        scene = options.out / f"scene-{side}.tif"
        make_scene(scene, side, options.share, options.seed)
        ours = run_ours(scene, options.threads)
        peer = run_peer(scene, 280, 70, options.threads)
        rows.append({"side": side, "bytes": scene.stat().st_size, "ours": ours, "peer": peer})
        scene.unlink()
        print(
            f"{side} px: {ours['scale']['tiles']} tiles, {ours['scale']['answered']} answered, {ours['wall_s']:.1f} s, "
            f"{ours['wall_s'] / ours['model_s']:.2f} x model time, peak {ours['peak_bytes'] / 2**20:.0f} MiB; "
            f"peer {peer['wall_s']:.1f} s, ratio {ours['wall_s'] / peer['wall_s']:.2f}; "
            f"processor {ours['cpu_s']:.1f} s, peer {peer['cpu_s']:.1f} s",
            flush=True,
        )
    (options.out / "report.json").write_text(json.dumps(rows, indent=2))
    plot(rows, options.out / "time-by-tiles.png", "wall_s")
    plot(rows, options.out / "cpu-by-tiles.png", "cpu_s")


if __name__ == "__main__":
    main()
