"""Works with the Think2Seg plugin in a headless QGIS as its windows do: loads, draws, runs a batch, saves a model, cancels.

Usage: qgis_plugin.py PROFILE STEPS.json, a list of {"step": NAME, ...}. PROFILE has the plugin in python/plugins. Prints one JSON line for each step. Needs Debian's QGIS.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterRasterLayer,
    QgsProject,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QSize

sys.path.append("/usr/share/qgis/python/plugins")
profile, steps_path = sys.argv[1:]
application = QgsApplication([], True, profile)
application.initQgis()

import processing  # noqa: E402
from processing.core.Processing import Processing  # noqa: E402
from processing.core.ProcessingConfig import ProcessingConfig  # noqa: E402
from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog  # noqa: E402
from qgis import utils  # noqa: E402

Processing.initialize()
utils.plugin_paths.append(str(Path(profile) / "python/plugins"))
sys.path.append(utils.plugin_paths[-1])
utils.updateAvailablePlugins()


class Log(QgsProcessingFeedback):
    """Keeps what a user would read."""

    def __init__(self):
        super().__init__(False)
        self.texts, self.stages, self.warnings, self.errors, self.bar = [], [], [], [], []
        self.progressChanged.connect(self.bar.append)

    def pushInfo(self, info):  # noqa: N802
        self.texts.append(info)

    def setProgressText(self, text):  # noqa: N802
        self.stages.append(text)

    def pushWarning(self, warning):  # noqa: N802
        self.warnings.append(warning)

    def reportError(self, error, fatalError=False):  # noqa: N802, N803
        self.errors.append(error)


def layer_of(step):
    raster = QgsRasterLayer(step["raster"], "scene", step.get("kind", "gdal"))
    assert raster.isValid() or step.get("kind") == "wms", step
    if "crs" in step:
        raster.setCrs(QgsCoordinateReferenceSystem(step["crs"]))
    return raster


def start(step):
    return {"loaded": utils.loadPlugin("think2seg"), "started": utils.startProcessingPlugin("think2seg")}


def set_program(step):
    os.environ["PATH"] = step.get("searchPath", os.environ["PATH"])
    ProcessingConfig.setSettingValue("THINK2SEG_PROGRAM", step["path"])
    return {}


def run(step):
    """As the dialog of an algorithm runs it; an exception is what the log shows in red."""
    log = Log()
    context = QgsProcessingContext()
    try:
        results = processing.run(
            step.get("algorithm", "think2seg:ask"), {"INPUT": layer_of(step), **step["parameters"]}, feedback=log, context=context
        )
    except Exception as error:
        return {"error": str(error), "texts": log.texts}
    return {
        "results": results,
        "texts": log.texts,
        "stages": log.stages,
        "warnings": log.warnings,
        "bar": log.bar,
    }


def run_and_draw(step):
    """Loads the result into the project, as the dialog does, and draws what the project then shows."""
    project = QgsProject.instance()
    raster = layer_of(step)
    project.addMapLayer(raster)
    processing.runAndLoadResults("think2seg:ask", {"INPUT": raster, **step["parameters"]}, feedback=Log())
    result = next(layer for layer in project.mapLayers().values() if layer is not raster)
    settings = QgsMapSettings()
    settings.setLayers([result, raster])
    settings.setDestinationCrs(raster.crs())
    settings.setOutputSize(QSize(*step["size"]))
    settings.setExtent(raster.extent())
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    symbol = result.renderer().symbol().symbolLayer(0)
    saved = job.renderedImage().save(step["picture"])
    report = {
        "name": result.name(),
        "features": result.featureCount(),
        "crs": result.crs().authid(),
        "fill": list(symbol.fillColor().getRgb()),
        "stroke": list(symbol.strokeColor().getRgb()),
        "saved": saved,
    }
    project.clear()
    return report


def batch(step):
    """Rows of the batch window, run by its own code."""
    dialog = BatchAlgorithmDialog(QgsApplication.processingRegistry().createAlgorithmById("think2seg:ask"))
    panel = dialog.mainWidget()
    panel.checkLoadLayersOnCompletion.setChecked(False)
    rows = iter(step["rows"])
    panel.batchRowCount = lambda: len(step["rows"])
    panel.parametersForRow = lambda row, **_: (next(rows), True)
    finished = []
    finish = dialog.finish
    dialog.finish = lambda results, errors: (finished.append((results, errors)), finish(results, errors))
    dialog.runAlgorithm()
    results, errors = finished[0]
    return {"results": [row["results"] for row in results], "errors": [row["errors"] for row in errors]}


def save_model(step):
    """A model of the graphical modeler: ask, then buffer what was found."""
    model = QgsProcessingModelAlgorithm("Ask and buffer", "tests")
    raster = QgsProcessingModelParameter("raster")
    model.addModelParameter(QgsProcessingParameterRasterLayer("raster", "Raster"), raster)
    ask = QgsProcessingModelChildAlgorithm("think2seg:ask")
    ask.setChildId("ask")
    source = QgsProcessingModelChildParameterSource
    ask.addParameterSources("INPUT", [source.fromModelParameter("raster")])
    ask.addParameterSources("QUESTION", [source.fromStaticValue(step["question"])])
    add_defaults(ask)
    model.addChildAlgorithm(ask)
    buffer = QgsProcessingModelChildAlgorithm("native:buffer")
    buffer.setChildId("buffer")
    buffer.addParameterSources("INPUT", [source.fromChildOutput("ask", "OUTPUT")])
    buffer.addParameterSources("DISTANCE", [source.fromStaticValue(step["distanceM"])])
    add_defaults(buffer)
    output = QgsProcessingModelOutput("buffered", "buffered")
    output.setChildId("buffer")
    output.setChildOutputName("OUTPUT")
    buffer.setModelOutputs({"buffered": output})
    model.addChildAlgorithm(buffer)
    return {"saved": model.toFile(step["model"]), "valid": model.validate()}


def add_defaults(child):
    """The window of the modeler writes down what the user leaves as it is."""
    for parameter in child.algorithm().parameterDefinitions():
        if parameter.defaultValue() is not None and parameter.name() not in child.parameterSources():
            source = QgsProcessingModelChildParameterSource.fromStaticValue(parameter.defaultValue())
            child.addParameterSources(parameter.name(), [source])


def cancel(step):
    """Cancels when the program tells that it is at a stage, as the button does: from another thread."""
    log = Log()
    stage_met = threading.Event()
    log.setProgressText = lambda text: stage_met.set() if text == step["atStage"] else None
    times = {}

    def press():
        stage_met.wait()
        times["pressed"] = time.monotonic()
        log.cancel()

    threading.Thread(target=press, daemon=True).start()
    results = processing.run("think2seg:ask", {"INPUT": layer_of(step), **step["parameters"]}, feedback=log)
    return {
        "results": results,
        "cancelled": log.isCanceled(),
        "secondsToEnd": time.monotonic() - times["pressed"],
        "programsLeft": programs_with(step["parameters"]["OUTPUT"].rpartition("/")[0]),
    }


def programs_with(text):
    """Command lines of running processes that name a text."""
    lines = [path.read_text(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    return [line for line in lines if text in line]


STEPS = {
    "start": start,
    "set program": set_program,
    "run": run,
    "run and draw": run_and_draw,
    "batch": batch,
    "save model": save_model,
    "cancel": cancel,
}

for asked in json.loads(Path(steps_path).read_text(encoding="utf-8")):
    print(json.dumps(STEPS[asked["step"]](asked), default=str), flush=True)
