"""The group of algorithms in the Processing toolbox, with the one setting it has."""

from processing.core.ProcessingConfig import ProcessingConfig, Setting
from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .ask_algorithm import AskAlgorithm
from .icon import ICON
from .program import PROGRAM_SETTING


class Think2SegProvider(QgsProcessingProvider):
    """Algorithms that call the installed program."""

    def id(self):
        return "think2seg"

    def name(self):
        return "Think2Seg"

    def icon(self):
        return QIcon(ICON)

    def load(self):
        ProcessingConfig.settingIcons[self.name()] = self.icon()
        ProcessingConfig.addSetting(
            Setting(
                self.name(),
                PROGRAM_SETTING,
                "Program (empty: where installers put it, then PATH)",
                "",
                valuetype=Setting.FILE,
            )
        )
        ProcessingConfig.readSettings()
        return super().load()

    def unload(self):
        ProcessingConfig.removeSetting(PROGRAM_SETTING)
        super().unload()

    def loadAlgorithms(self):  # noqa: N802
        self.addAlgorithm(AskAlgorithm())

    def supportedOutputVectorLayerExtensions(self):  # noqa: N802
        return ["gpkg", "geojson", "shp", "fgb"]

    def supportsNonFileBasedOutput(self):  # noqa: N802
        """The program writes files; a layer in memory would lose the run record that is in them."""
        return False
