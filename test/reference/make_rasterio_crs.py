"""Writes test/fixtures/crs/rasterio-crs.json: the CRS rasterio finds in every GeoTIFF of the shared data.

python test/reference/make_rasterio_crs.py ../shared/data test/fixtures/crs/rasterio-crs.json
"""

import json
import sys
import warnings
from pathlib import Path

import rasterio

warnings.filterwarnings("ignore")


def main(root: Path, target: Path) -> None:
    files = []
    for path in sorted(root.glob("*/*.tif")):
        with rasterio.open(path) as dataset:
            # Ground control points have their own CRS, stored in the same keys.
            crs = dataset.crs or dataset.gcps[1]
            files.append(
                {
                    "path": str(path.relative_to(root)),
                    "epsg": crs.to_epsg() if crs else None,
                    "wkt": crs.to_wkt() if crs else None,
                }
            )
    target.write_text(json.dumps({"files": files}, indent=1) + "\n", encoding="utf-8")


main(Path(sys.argv[1]), Path(sys.argv[2]))
