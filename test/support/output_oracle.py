"""Says what rasterio, Fiona and Shapely find in a file we wrote. One JSON request a line, one JSON reply a line."""

import fiona
import rasterio
import shapely
import shapely.geometry
from json_lines import serve
from rasterio.crs import CRS


def vector(request: dict) -> dict:
    with fiona.open(request["path"]) as layer:
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
            "unionArea": shapely.union_all(shapes).area,
            "bounds": list(layer.bounds) if features else None,
            "holes": [
                sum(len(part.interiors) for part in getattr(shape, "geoms", [shape]))
                for shape in shapes
            ],
            "properties": [dict(feature["properties"]) for feature in features],
            "tags": layer.tags() if layer.driver == "GPKG" else {},
        }


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


serve({"vector": vector, "raster": raster})
