"""Ask a question: a raster and words in, polygons and the reasoning out."""

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QIcon

from .finished_files import finished_file
from .icon import ICON
from .program import find_program
from .prompt_layers import box_features, box_fields, point_features, point_fields
from .raster_file import path_of_layer
from .result_style import RESULT_STYLE
from .run_program import Cancelled, run_program

SCALES = ["auto", "whole", "tiles"]
SCALE_WORDS = ["As the question needs", "One picture of the whole extent", "Tiles, each part at one resolution"]
PROVIDERS = ["auto", "cuda", "dml", "webgpu", "cpu"]

HELP = """Asks a raster a question in words. A vision-language model looks at it, reasons and points; a segmenter outlines
what it points at. The reasoning appears in the log. "No target found" is an answer: the result is then empty.

Everything runs on this machine, in the Think2Seg program, which must be installed.

Question: what to look for, such as "every swimming pool" or "where could a helicopter land?".
Extent: the part to look at; empty for the whole raster.
Scale: one picture of the extent, for questions about the place; tiles, for "every ..." on large rasters.
Pack: name or folder of another model pack than the one that the program brings."""


class AskAlgorithm(QgsProcessingAlgorithm):
    """Runs `think2seg segment` on the file of a raster layer."""

    INPUT = "INPUT"
    QUESTION = "QUESTION"
    EXTENT = "EXTENT"
    SCALE = "SCALE"
    PACK = "PACK"
    GSD = "GSD"
    SIMPLIFY = "SIMPLIFY"
    MIN_AREA = "MIN_AREA"
    PROVIDER = "PROVIDER"
    SHARE_GPU = "SHARE_GPU"
    MEMORY = "MEMORY"
    OUTPUT = "OUTPUT"
    BOXES = "BOXES"
    POINTS = "POINTS"
    STATUS = "STATUS"
    FEATURES = "FEATURES"
    AREA_M2 = "AREA_M2"
    REASONING = "REASONING"

    def createInstance(self):  # noqa: N802
        return AskAlgorithm()

    def name(self):
        return "ask"

    def displayName(self):  # noqa: N802
        return "Ask a question"

    def shortHelpString(self):  # noqa: N802
        return HELP

    def tags(self):
        return ["segment", "vision", "language", "model", "detect", "polygon"]

    def icon(self):
        return QIcon(ICON)

    def initAlgorithm(self, configuration=None):  # noqa: N802
        self.addParameter(QgsProcessingParameterRasterLayer(self.INPUT, "Raster"))
        self.addParameter(QgsProcessingParameterString(self.QUESTION, "Question", multiLine=True))
        self.addParameter(QgsProcessingParameterExtent(self.EXTENT, "Extent", optional=True))
        self.addParameter(QgsProcessingParameterEnum(self.SCALE, "Scale", SCALE_WORDS, defaultValue=0))
        self.addParameter(QgsProcessingParameterString(self.PACK, "Pack", optional=True))
        real = QgsProcessingParameterNumber.Double
        for parameter in (
            QgsProcessingParameterNumber(
                self.GSD, "Metres on the ground to a pixel of a tile", real, optional=True, minValue=1e-6
            ),
            QgsProcessingParameterNumber(
                self.SIMPLIFY, "Simplify outlines by (pixels of the mask)", real, defaultValue=1, minValue=0
            ),
            QgsProcessingParameterNumber(
                self.MIN_AREA, "Leave out polygons smaller than (m²)", real, defaultValue=0, minValue=0
            ),
            QgsProcessingParameterEnum(self.PROVIDER, "Compute on", PROVIDERS, defaultValue=0),
            QgsProcessingParameterBoolean(
                self.SHARE_GPU, "Share a graphics card with other programs", defaultValue=False
            ),
            QgsProcessingParameterString(self.MEMORY, "Memory at most, such as 4G", optional=True),
        ):
            parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
            self.addParameter(parameter)
        self.addParameter(
            QgsProcessingParameterVectorDestination(self.OUTPUT, "Answer", QgsProcessing.TypeVectorPolygon)
        )
        for name, words, kind in (
            (self.BOXES, "Boxes that the model drew", QgsProcessing.TypeVectorPolygon),
            (self.POINTS, "Points that the model set", QgsProcessing.TypeVectorPoint),
        ):
            sink = QgsProcessingParameterFeatureSink(name, words, kind, optional=True, createByDefault=False)
            self.addParameter(sink)
        self.addOutput(QgsProcessingOutputString(self.STATUS, "ok or no-target"))
        self.addOutput(QgsProcessingOutputNumber(self.FEATURES, "Number of polygons"))
        self.addOutput(QgsProcessingOutputNumber(self.AREA_M2, "Area (m²)"))
        self.addOutput(QgsProcessingOutputString(self.REASONING, "Reasoning"))

    def processAlgorithm(self, parameters, context, feedback):  # noqa: N802
        output = self.parameterAsOutputLayer(parameters, self.OUTPUT, context)
        options = self._options(parameters, context)
        with finished_file(output) as unfinished:
            command = [find_program(), "segment", *options, f"--output={unfinished}", "--json", "--progress=json"]
            try:
                answer = run_program(command, feedback)
            except Cancelled:
                return {}
        for warning in answer["warnings"]:
            feedback.pushWarning(warning)
        if answer["status"] == "no-target":
            feedback.pushInfo("No target found.")
        if context.willLoadLayerOnCompletion(output):
            context.layerToLoadOnCompletionDetails(output).setPostProcessor(RESULT_STYLE)
        return {
            **self._write_prompts(parameters, context, answer),
            self.OUTPUT: output,
            self.STATUS: answer["status"],
            self.FEATURES: answer["features"],
            self.AREA_M2: answer["areaM2"],
            self.REASONING: answer["reasoning"],
        }

    def _write_prompts(self, parameters, context, answer):
        """Fills the layers that were asked for. Returns their identifiers by the names of their parameters."""
        crs = self.parameterAsRasterLayer(parameters, self.INPUT, context).crs()
        written = {}
        for name, fields, shape, features in (
            (self.BOXES, box_fields(), QgsWkbTypes.Polygon, box_features),
            (self.POINTS, point_fields(), QgsWkbTypes.Point, point_features),
        ):
            sink, identifier = self.parameterAsSink(parameters, name, context, fields, shape, crs)
            if sink is not None:
                for feature in features(answer):
                    sink.addFeature(feature)
                written[name] = identifier
        return written

    def _options(self, parameters, context):
        layer = self.parameterAsRasterLayer(parameters, self.INPUT, context)
        if layer is None:
            raise QgsProcessingException(self.invalidRasterError(parameters, self.INPUT))
        question = self.parameterAsString(parameters, self.QUESTION, context).strip()
        # A value is joined to its option, so that none is ever taken for an option or an address.
        options = [path_of_layer(layer), f"--query={question}"]
        options.append(f"--scale={SCALES[self.parameterAsEnum(parameters, self.SCALE, context)]}")
        options.append(f"--provider={PROVIDERS[self.parameterAsEnum(parameters, self.PROVIDER, context)]}")
        options.append(f"--simplify={self.parameterAsDouble(parameters, self.SIMPLIFY, context)!r}")
        options.append(f"--min-area={self.parameterAsDouble(parameters, self.MIN_AREA, context)!r}")
        pack = self.parameterAsString(parameters, self.PACK, context).strip()
        if pack:
            options.append(f"--pack={pack}")
        if self.parameterAsBoolean(parameters, self.SHARE_GPU, context):
            options.append("--share-gpu")
        memory = self.parameterAsString(parameters, self.MEMORY, context).strip()
        if memory:
            options.append(f"--memory={memory}")
        if parameters.get(self.GSD) is not None:
            options.append(f"--gsd={self.parameterAsDouble(parameters, self.GSD, context)!r}")
        if parameters.get(self.EXTENT):
            options.append(f"--bbox={self._extent_in_layer(parameters, context, layer)}")
        return options

    def _extent_in_layer(self, parameters, context, layer):
        asked = self.parameterAsExtent(parameters, self.EXTENT, context, layer.crs())
        extent = asked.intersect(layer.extent())
        if extent.isEmpty():
            raise QgsProcessingException(
                f"WINDOW_OUTSIDE: the extent {asked.toString(3)} ({layer.crs().authid()}) lies outside of the raster, which "
                f"covers {layer.extent().toString(3)}; choose an extent that they share"
            )
        corners = (extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum())
        return ",".join(repr(value) for value in corners)
