"""Says what rasterio, Fiona and Shapely find in a file we wrote. One JSON request a line, one JSON reply a line."""

import sqlite3

import fiona
import rasterio
import shapely
import shapely.geometry
from json_lines import serve
from rasterio.crs import CRS
from rasterio.features import rasterize
from rasterio.transform import Affine


def vector(request: dict) -> dict:
    with fiona.open(request["path"], layer=request.get("layer")) as layer:
        crs = CRS.from_wkt(layer.crs_wkt) if layer.crs_wkt else None
        features = list(layer)
        shapes = [shapely.geometry.shape(feature["geometry"]) for feature in features]
        return {
            "driver": layer.driver,
            "layers": fiona.listlayers(request["path"]),
            "crsWkt": layer.crs_wkt,
            "epsg": crs.to_epsg() if crs else None,
            "geometry": layer.schema["geometry"],
            "fields": dict(layer.schema["properties"]),
            "valid": [bool(shape.is_valid) for shape in shapes],
            "reasons": [shapely.is_valid_reason(shape) for shape in shapes],
            "types": [shape.geom_type for shape in shapes],
            "areas": [shape.area for shape in shapes],
            "inside": [list(shape.representative_point().coords)[0] for shape in shapes],
            "unionArea": shapely.union_all(shapes).area,
            "bounds": list(layer.bounds) if features else None,
            "holes": [
                sum(len(part.interiors) for part in getattr(shape, "geoms", [shape]))
                for shape in shapes
            ],
            "properties": [dict(feature["properties"]) for feature in features],
            "tags": layer.tags() if layer.driver == "GPKG" else {},
        }


def sql(request: dict) -> dict:
    """Rows of an SQLite file, and what SQLite says of its soundness."""
    with sqlite3.connect(request["path"]) as database:
        return {
            "rows": [list(row) for row in database.execute(request["query"])],
            "integrity": database.execute("PRAGMA integrity_check").fetchone()[0],
            "brokenKeys": len(database.execute("PRAGMA foreign_key_check").fetchall()),
        }


def burn(request: dict) -> dict:
    """Shapes on a pixel grid by GDAL's rule of pixel centres, in their order."""
    shapes = [
        (
            shapely.MultiPolygon(
                [
                    shapely.Polygon(
                        list(zip(rings[0][::2], rings[0][1::2], strict=True)),
                        [list(zip(r[::2], r[1::2], strict=True)) for r in rings[1:]],
                    )
                    for rings in polygons
                ]
            ),
            number,
        )
        for number, polygons in enumerate(request["shapes"], start=1)
    ]
    grid = rasterize(
        shapes,
        out_shape=(request["height"], request["width"]),
        transform=Affine(*request["transform"]),
        dtype="uint16",
    )
    return {"samples": grid.ravel().tolist()}


def raster(request: dict) -> dict:
    with rasterio.open(request["path"]) as dataset:
        data = dataset.read(1)
        return {
            "epsg": dataset.crs.to_epsg() if dataset.crs else None,
            "crsWkt": dataset.crs.to_wkt() if dataset.crs else None,
            "transform": list(dataset.transform)[:6],
            "dtype": dataset.dtypes[0],
            "nodata": dataset.nodata,
            "size": [dataset.width, dataset.height],
            "tiled": bool(dataset.profile["tiled"]),
            "compression": dataset.profile.get("compress"),
            "tags": dataset.tags(),
            "samples": data.ravel().tolist(),
        }


serve({"vector": vector, "raster": raster, "sql": sql, "burn": burn})
