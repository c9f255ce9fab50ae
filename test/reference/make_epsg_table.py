"""Writes src-main/core/crs/epsg-table.json from the EPSG data that PROJ carries.

Run it by hand when PROJ brings a newer EPSG data set:

    pip install pyproj brotli
    python test/reference/make_epsg_table.py src-main/core/crs/epsg-table.json

For every two-dimensional geographic and projected CRS it keeps the name, the WKT1 that GDAL prints, the PROJ string and
the best datum shift to WGS 84 that needs no grid file, for the area where the CRS is used. The shift is a 3 or 7 parameter
`towgs84` in the position vector convention. Accuracies are those the EPSG data set states, in metres; a shift that was made for a small
part of that area only has none, and says which.
"""

import base64
import json
import math
import re
import sys
import warnings

import brotli
import numpy
import pyproj
from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType, WktVersion
from pyproj.transformer import TransformerGroup

warnings.filterwarnings("ignore")
ROTATION_UNIT = math.pi / 180 / 3600
SHIFT_WORDS = ("datum", "ellps", "a", "b", "rf", "towgs84", "nadgrids")
# A shift says nothing of how good it is where it was made for less of the area of a CRS.
SMALLEST_SHARE = 0.5


def helmert_parameters(pipeline: str) -> list[list[float]] | None:
    """Helmert steps of a pipeline as towgs84 parameters in order, None when it holds something else."""
    steps = re.split(r"\s*\+?\bstep\b\s*", pipeline.replace("+", " "))
    found = []
    for step in steps:
        words = dict((word.split("=", 1) + [""])[:2] for word in step.split())
        operation = words.get("proj", "")
        if operation == "helmert":
            inverse = -1.0 if "inv" in words else 1.0
            rotation_sign = (
                -1.0 if words.get("convention") == "coordinate_frame" else 1.0
            )
            if any(words.get(name) for name in ("dx", "drx", "ds")):
                return None
            parameters = [float(words.get(name, 0)) for name in ("x", "y", "z")]
            parameters += [
                rotation_sign * float(words.get(name, 0)) for name in ("rx", "ry", "rz")
            ]
            parameters += [float(words.get("s", 0))]
            if inverse < 0 and any(parameters[3:]):
                return None
            found.append([inverse * value + 0.0 for value in parameters])
        elif operation not in (
            "",
            "pipeline",
            "axisswap",
            "unitconvert",
            "cart",
            "push",
            "pop",
            "noop",
            "longlat",
            "latlong",
        ):
            return None
    return found


def ellipsoid_xyz(
    lon: numpy.ndarray, lat: numpy.ndarray, a: float, b: float
) -> numpy.ndarray:
    lon, lat = numpy.radians(lon), numpy.radians(lat)
    e2 = 1 - (b / a) ** 2
    n = a / numpy.sqrt(1 - e2 * numpy.sin(lat) ** 2)
    return numpy.stack(
        [
            n * numpy.cos(lat) * numpy.cos(lon),
            n * numpy.cos(lat) * numpy.sin(lon),
            n * (1 - e2) * numpy.sin(lat),
        ],
        -1,
    )


def fitted_parameters(
    transformer, geodetic: CRS, bounds
) -> tuple[list[float], float] | None:
    """towgs84 that reproduces a transformation over an area, with its largest residual in metres."""
    west, south, east, north = bounds
    grid = numpy.meshgrid(
        numpy.linspace(west, east, 5),
        numpy.linspace(max(south, -89), min(north, 89), 5),
    )
    lon = (grid[0].ravel() + 180) % 360 - 180
    lat = grid[1].ravel()
    try:
        lon_84, lat_84 = transformer.transform(lon, lat, errcheck=True)
    except pyproj.exceptions.ProjError:
        return None
    source = ellipsoid_xyz(
        lon,
        lat,
        geodetic.ellipsoid.semi_major_metre,
        geodetic.ellipsoid.semi_minor_metre,
    )
    target = ellipsoid_xyz(lon_84, lat_84, 6378137.0, 6356752.314245179)
    # Heights are not shifted by two-dimensional operations: only the horizontal part of the residual counts.
    east_axis = numpy.stack(
        [-numpy.sin(numpy.radians(lon)), numpy.cos(numpy.radians(lon)), 0 * lon], -1
    )
    north_axis = numpy.stack(
        [
            -numpy.sin(numpy.radians(lat)) * numpy.cos(numpy.radians(lon)),
            -numpy.sin(numpy.radians(lat)) * numpy.sin(numpy.radians(lon)),
            numpy.cos(numpy.radians(lat)),
        ],
        -1,
    )
    rows, values = [], []
    for difference, *axes in zip(target - source, east_axis, north_axis):
        for axis in axes:
            rows.append(axis)
            values.append(axis @ difference)
    solution, *_ = numpy.linalg.lstsq(
        numpy.array(rows), numpy.array(values), rcond=None
    )
    residual = float(numpy.abs(numpy.array(rows) @ solution - values).max())
    return [round(float(v), 4) for v in solution] + [0.0] * 4, residual


def conterminous_us(bounds) -> tuple:
    """NAD27 spans a continent with a shift per region; zones that touch the conterminous US get the shift made for it."""
    west, south, east, north = bounds
    clipped = (max(west, -124.7), max(south, 24.5), min(east, -67.0), min(north, 49.3))
    return clipped if clipped[0] < clipped[2] and clipped[1] < clipped[3] else bounds


def share_within(bounds, area) -> float:
    """The part of a rectangle of degrees that lies in the area of an operation; either may cross the antimeridian."""
    west, south, east, north = bounds
    area_west, area_south, area_east, area_north = area
    east += 360 if east < west else 0
    area_east += 360 if area_east < area_west else 0
    width = max(
        min(east, area_east + turn) - max(west, area_west + turn)
        for turn in (-360, 0, 360)
    )
    height = min(north, area_north) - max(south, area_south)
    return max(0, width) * max(0, height) / ((east - west) * (north - south))


def shift_of(crs: CRS, bounds) -> dict:
    geodetic = crs.geodetic_crs
    found = shift_within(
        geodetic, conterminous_us(bounds) if geodetic.name == "NAD27" else bounds
    )
    if found["shift"] is None and geodetic.area_of_use is not None:
        found = shift_within(geodetic, geodetic.area_of_use.bounds)
    return found


def shift_within(geodetic: CRS, bounds) -> dict:
    west, south, east, north = bounds
    group = TransformerGroup(
        geodetic,
        "EPSG:4326",
        always_xy=True,
        area_of_interest=AreaOfInterest(west, south, east, north),
    )
    grids = [
        o
        for o in group.unavailable_operations
        if o.accuracy is not None and o.accuracy >= 0
    ]
    best_grid = min(grids, key=lambda o: o.accuracy, default=None)
    for transformer in group.transformers:
        definition = transformer.definition
        if "grid" in definition or "Ballpark" in transformer.description:
            continue
        accuracy = transformer.accuracy if transformer.accuracy >= 0 else None
        steps = helmert_parameters(definition)
        if steps is not None and not steps:
            steps = [[0.0] * 7]
        if (
            steps is not None
            and len(steps) > 1
            and all(not any(step[3:]) for step in steps)
        ):
            steps = [list(numpy.sum(steps, 0))]
        if steps is not None and len(steps) == 1:
            shift, residual = steps[0], 0.0
        else:
            unfolded = list(bounds)
            unfolded[2] += 360 if unfolded[2] < unfolded[0] else 0
            fitted = fitted_parameters(transformer, geodetic, unfolded)
            if fitted is None or fitted[1] > 5:
                continue
            shift, residual = fitted
        shift = [round(value, 7) + 0.0 for value in shift]
        result = {
            "shift": shift[:3] if not any(shift[3:]) else shift,
            "accuracy": accuracy,
        }
        if residual > 0.005:
            result["accuracy"] = round((accuracy or 0) + residual, 1)
        made_for = transformer.area_of_use
        if (
            made_for is not None
            and any(shift)
            and share_within(bounds, made_for.bounds) < SMALLEST_SHARE
        ):
            accuracy = result["accuracy"] = None
            result["madeFor"] = made_for.name.removesuffix(".")
        if best_grid is not None and (
            accuracy is None or best_grid.accuracy < accuracy
        ):
            names = [
                grid.short_name
                for operation in best_grid.operations
                for grid in operation.grids
            ]
            names = names or [grid.short_name for grid in best_grid.grids]
            result["grid"] = names[0] if names else None
            result["gridAccuracy"] = best_grid.accuracy
        return result
    names = (
        [grid.short_name for grid in best_grid.grids] if best_grid is not None else []
    )
    return {"shift": None, "accuracy": None, "grid": names[0] if names else None}


def proj4_base(crs: CRS, geodetic: CRS) -> str | None:
    """The PROJ string without its datum, which the shift replaces; the ellipsoid stays as axes."""
    text = crs.to_proj4()
    if not text:
        return None
    words = [
        w
        for w in text.split()
        if not re.match(
            r"\+(datum|ellps|a|b|R|rf|towgs84|nadgrids|no_defs|type|wktext|vunits|geoidgrids)\b",
            w,
        )
    ]
    if "+nadgrids=@null" in text.split():
        words.append("+a=6378137 +b=6378137 +nadgrids=@null")
        return " ".join(words)
    ellipsoid = geodetic.ellipsoid
    a = repr(ellipsoid.semi_major_metre)
    flat = ellipsoid.inverse_flattening
    words.append(f"+a={a.removesuffix('.0')}")
    words.append(
        f"+b={a.removesuffix('.0')}"
        if not flat
        else f"+rf={repr(flat).removesuffix('.0')}"
        if ellipsoid.is_semi_minor_computed
        else f"+b={ellipsoid.semi_minor_metre!r}"
    )
    return " ".join(words)


def wkt_of(crs: CRS) -> str:
    """WKT 1 where it can say the CRS, else WKT 2, as GDAL prints it."""
    try:
        return crs.to_wkt(
            WktVersion.WKT1_GDAL, output_axis_rule=True if crs.is_geographic else None
        )
    except pyproj.exceptions.CRSError:
        return crs.to_wkt(WktVersion.WKT2_2019)


def main(target: str) -> None:
    lines = []
    skipped = []
    for kind in (PJType.GEOGRAPHIC_2D_CRS, PJType.PROJECTED_CRS):
        for info in query_crs_info("EPSG", kind, allow_deprecated=True):
            try:
                crs = CRS.from_epsg(int(info.code))
                area = info.area_of_use
                bounds = area.bounds if area is not None else (-180, -90, 180, 90)
                proj4 = proj4_base(crs, crs.geodetic_crs)
                wkt = wkt_of(crs)
            except pyproj.exceptions.CRSError as error:
                skipped.append(f"{info.code} {info.name}: {error}")
                continue
            if proj4 is None:
                skipped.append(f"{info.code} {info.name}: no PROJ string")
                continue
            geodetic_code = crs.geodetic_crs.to_authority() or (None, None)
            entry = {
                "code": int(info.code),
                "name": crs.name,
                "proj4": proj4,
                "wkt": wkt,
            }
            if geodetic_code[0] == "EPSG":
                entry["base"] = int(geodetic_code[1])
            if info.deprecated:
                entry["deprecated"] = True
            entry.update(
                {
                    key: value
                    for key, value in shift_of(crs, bounds).items()
                    if value is not None
                }
            )
            lines.append(json.dumps(entry, ensure_ascii=False, separators=(",", ":")))
    raw = "\n".join(lines).encode()
    packed = brotli.compress(raw, quality=11, lgwin=24)
    with open(target, "w", encoding="utf-8") as file:
        json.dump(
            {
                "source": f"EPSG data set as carried by PROJ {pyproj.proj_version_str}, reduced; see test/reference/make_epsg_table.py",
                "entries": len(lines),
                "brotliBase64": base64.b64encode(packed).decode(),
            },
            file,
            indent=2,
        )
        file.write("\n")
    print(
        f"{len(lines)} entries, {len(raw)} bytes, packed {len(packed)}; skipped {len(skipped)}"
    )
    for line in skipped:
        print("skipped", line)


main(sys.argv[1])
