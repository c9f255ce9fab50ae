"""Think2Seg for QGIS: a Processing provider that calls the installed program. Plain Python, QGIS 3.22 or later."""


def classFactory(iface):  # noqa: N802, the name that QGIS looks for
    from .plugin import Think2SegPlugin

    return Think2SegPlugin()
