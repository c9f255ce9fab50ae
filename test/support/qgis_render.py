"""Draws rasters and vector layers with QGIS, styles as QGIS finds them. Needs Debian's python3-qgis; headless.

Usage: qgis_render.py OUT.png WIDTH HEIGHT RASTER VECTOR_URI [QML]
Prints what QGIS made of the vector layer as one JSON line.
"""

import json
import sys

from qgis.core import (
    QgsApplication,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize


def main() -> None:
    out, width, height, raster_path, vector_uri, *qml = sys.argv[1:]
    application = QgsApplication([], False)
    application.initQgis()
    raster = QgsRasterLayer(raster_path, "scene")
    vector = QgsVectorLayer(vector_uri, "result", "ogr")
    loaded = vector.loadNamedStyle(qml[0])[1] if qml else None
    settings = QgsMapSettings()
    settings.setLayers([vector, raster])
    settings.setDestinationCrs(raster.crs())
    settings.setOutputSize(QSize(int(width), int(height)))
    settings.setExtent(raster.extent())
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    symbol = vector.renderer().symbol().symbolLayer(0)
    report = {
        "valid": raster.isValid() and vector.isValid(),
        "features": vector.featureCount(),
        "crs": vector.crs().authid(),
        "rasterCrs": raster.crs().authid(),
        "fill": list(symbol.fillColor().getRgb()),
        "stroke": list(symbol.strokeColor().getRgb()),
        "opacity": vector.opacity(),
        "qmlLoaded": loaded,
        "saved": job.renderedImage().save(out),
    }
    print(json.dumps(report))
    del job, vector, raster
    application.exitQgis()


main()
