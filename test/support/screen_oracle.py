"""Draws a raster as a map should show it, with rasterio, and finds how far a screenshot of the map is from that."""

import numpy as np
import rasterio
from json_lines import serve
from rasterio.warp import Resampling, reproject

REACH_PX = 4


def place(request: dict) -> dict:
    """Write a copy of an RGB raster with another transform: `source`, `path`, `transform` (rasterio order)."""
    with rasterio.open(request["source"]) as source:
        profile = source.profile | {
            "transform": rasterio.Affine(*request["transform"]),
            "compress": "deflate",
            "photometric": "rgb",
        }
        profile.pop("jpeg_quality", None)
        samples = source.read()
    with rasterio.open(request["path"], "w", **profile) as target:
        target.write(samples)
    return {"bounds": bounds_of(request["path"])}


def bounds_of(path: str) -> list[float]:
    """The box around all four corners, also of a turned raster."""
    with rasterio.open(path) as source:
        corners = [source.transform @ (x, y) for x in (0, source.width) for y in (0, source.height)]
    xs, ys = zip(*corners, strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]


def drawn(path: str, grid: rasterio.Affine, width: int, height: int, stretch: list) -> tuple[np.ndarray, np.ndarray]:
    """Grey 0 to 255 on the grid of the screen, and where the raster is."""
    with rasterio.open(path) as source:
        crs = source.crs or rasterio.CRS.from_epsg(3857)
        bands = [1, 2, 3] if source.count >= 3 else [1, 1, 1]
        samples = source.read(bands).astype(np.float32)
        low = np.array([each["low"] for each in stretch], np.float32)[:, None, None]
        high = np.array([each["high"] for each in stretch], np.float32)[:, None, None]
        grey = np.clip((samples - low) / (high - low) * 255, 0, 255).mean(axis=0)
        valid = (source.dataset_mask() > 0).astype(np.float32)
        target, inside = np.zeros((2, height, width), np.float32)
        for plane, result, resampling in ((grey, target, Resampling.average), (valid, inside, Resampling.nearest)):
            reproject(
                plane, result, src_transform=source.transform, src_crs=crs, dst_transform=grid, dst_crs=crs, resampling=resampling
            )
    return target, inside > 0


def correlation(left: np.ndarray, right: np.ndarray) -> float:
    """Pearson's, of two lists of values."""
    return float(np.corrcoef(left, right)[0, 1])


def peak(before: float, at: float, after: float) -> float:
    """Where a parabola through three equidistant values has its top, from the middle one."""
    curve = before - 2 * at + after
    return 0.0 if curve == 0 else 0.5 * (before - after) / curve


def compare(request: dict) -> dict:
    """How far the picture at `screenshot` (of the map alone) lies from the raster at `path`.

    `centre` in map units, `resolution` in map units a pixel, `stretch` of red, green and blue, `ground` the grey of the bare map.
    """
    with rasterio.open(request["screenshot"]) as picture:
        seen = picture.read([1, 2, 3]).astype(np.float32).mean(axis=0)
    height, width = seen.shape
    x, y, resolution = *request["centre"], request["resolution"]
    grid = rasterio.Affine(resolution, 0, x - width / 2 * resolution, 0, -resolution, y + height / 2 * resolution)
    expected, inside = drawn(request["path"], grid, width, height, request["stretch"])
    core = slice(REACH_PX, -REACH_PX)
    trusted = erode(inside, REACH_PX)[core, core]
    shifts = range(-REACH_PX, REACH_PX + 1)

    def score(dx: int, dy: int) -> float:
        moved = seen[REACH_PX + dy : height - REACH_PX + dy, REACH_PX + dx : width - REACH_PX + dx]
        return correlation(moved[trusted], expected[core, core][trusted])

    scores = {(dx, dy): score(dx, dy) for dx in shifts for dy in shifts}
    dx, dy = max(scores, key=scores.__getitem__)
    at = scores[dx, dy]
    fine_x = peak(scores.get((dx - 1, dy), at), at, scores.get((dx + 1, dy), at))
    fine_y = peak(scores.get((dx, dy - 1), at), at, scores.get((dx, dy + 1), at))
    outside = ~dilate(inside, 2)
    covered = erode(inside, 2)
    is_ground = np.abs(seen - request["ground"]) < 2
    return {
        "dx": dx + fine_x,
        "dy": dy + fine_y,
        "correlation": at,
        "drawnOutside": float((~is_ground[outside]).mean()) if outside.any() else 0.0,
        "groundInside": float(is_ground[covered].mean()),
    }


def erode(inside: np.ndarray, by: int) -> np.ndarray:
    """Take `by` pixels off the edge."""
    return ~dilate(~inside, by)


def dilate(inside: np.ndarray, by: int) -> np.ndarray:
    """Add `by` pixels around."""
    grown = inside.copy()
    for _ in range(by):
        padded = np.pad(grown, 1)
        grown = padded[1:-1, 1:-1] | padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    return grown


serve({"place": place, "compare": compare, "bounds": lambda request: {"bounds": bounds_of(request["path"])}})
