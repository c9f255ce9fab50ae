"""Gives a loaded result the look it has in the desktop program."""

from os.path import dirname, join

from qgis.core import QgsProcessingLayerPostProcessorInterface

STYLE = join(dirname(__file__), "result.qml")


class ResultStyle(QgsProcessingLayerPostProcessorInterface):
    """Applies the style after QGIS has loaded the layer."""

    def postProcessLayer(self, layer, context, feedback):  # noqa: N802
        message, loaded = layer.loadNamedStyle(STYLE)
        if not loaded:
            feedback.pushWarning(f"the style was not applied: {message}")
        layer.triggerRepaint()


RESULT_STYLE = ResultStyle()
"""QGIS calls it after the algorithm is gone and does not keep it alive itself."""
