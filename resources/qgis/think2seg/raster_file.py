"""From a raster layer to the file that the program reads, with the layer's CRS known to be the file's."""

from os.path import isfile

from qgis.core import QgsProcessingException, QgsProviderRegistry, QgsRasterLayer


def path_of_layer(layer):
    """Path of the file behind a raster layer.

    Raises QgsProcessingException (RASTER_NOT_A_FILE, RASTER_WITHOUT_CRS, RASTER_CRS_OVERRIDDEN).
    """
    provider = layer.dataProvider().name() if layer.dataProvider() is not None else layer.providerType()
    source = QgsProviderRegistry.instance().decodeUri("gdal", layer.source()) if provider == "gdal" else {}
    path = source.get("path", "")
    if provider != "gdal" or not isfile(path) or source.get("vsiPrefix") or source.get("layerName"):
        what = "an archive or a server" if layer.source().startswith("/vsi") else f"a source of kind {provider}"
        raise QgsProcessingException(
            f"RASTER_NOT_A_FILE: layer {layer.name()} comes from {what}, expected a raster file on this machine; "
            "save the part of interest with Export > Save As (GeoTIFF, rendered image for a web map) and use that layer"
        )
    assert_crs_of_file(layer)
    return path


def assert_crs_of_file(layer):
    """The program trusts the file, so a CRS that only the project knows would put the answer somewhere else."""
    crs_of_file = QgsRasterLayer(layer.source(), "file", "gdal").crs()
    if not crs_of_file.isValid():
        raise QgsProcessingException(
            f"RASTER_WITHOUT_CRS: the file of layer {layer.name()} has no coordinate reference system, expected one; "
            "give it one with Processing > GDAL > Assign projection"
        )
    if layer.crs() != crs_of_file:
        raise QgsProcessingException(
            f"RASTER_CRS_OVERRIDDEN: layer {layer.name()} is shown in {layer.crs().authid()}, but its file says "
            f"{crs_of_file.authid() or crs_of_file.description()}, expected both to agree; "
            "correct the file with Processing > GDAL > Assign projection"
        )
