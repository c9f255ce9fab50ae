"""What QGIS starts and stops."""

from qgis.core import QgsApplication

from .provider import Think2SegProvider


class Think2SegPlugin:
    """The plugin is its provider and nothing else: no toolbar, no menu."""

    def __init__(self):
        self._provider = None

    def initProcessing(self):  # noqa: N802
        """Called by QGIS, also without a window (qgis_process)."""
        if self._provider is None:
            self._provider = Think2SegProvider()
            QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self):  # noqa: N802
        self.initProcessing()

    def unload(self):
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
