"""Where the installed program is."""

import os
import shutil
import sys
from os.path import expanduser, isfile, join

from processing.core.ProcessingConfig import ProcessingConfig
from qgis.core import QgsProcessingException

PROGRAM_SETTING = "THINK2SEG_PROGRAM"


def places_of_installers(platform=sys.platform, environment=os.environ):
    """Where the program's installers put it, by default or for one user."""
    if platform == "win32":
        name = join("Think2Seg Desktop", "Think2Seg Desktop.exe")
        roots = [environment.get(key) for key in ("ProgramW6432", "ProgramFiles")]
        if "LOCALAPPDATA" in environment:
            roots.append(join(environment["LOCALAPPDATA"], "Programs"))
        return [join(root, name) for root in roots if root]
    if platform == "darwin":
        inside = "Think2Seg Desktop.app/Contents/MacOS/Think2Seg Desktop"
        return [join(root, inside) for root in ("/Applications", expanduser("~/Applications"))]
    return ["/opt/think2seg-desktop/think2seg-desktop"]


def find_program():
    """Path of the executable: the one that is set, else an installed one, else what PATH finds.

    Raises QgsProcessingException (PROGRAM_NOT_FOUND) that names what was looked at.
    """
    chosen = (ProcessingConfig.getSetting(PROGRAM_SETTING) or "").strip()
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise QgsProcessingException(
                f"PROGRAM_NOT_FOUND: the Think2Seg program is set to {chosen}, which is no program that can be started; "
                "correct it in Settings > Options > Processing > Providers > Think2Seg"
            )
        return found
    places = places_of_installers()
    for path in places:
        if isfile(path) and os.access(path, os.X_OK):
            return path
    for name in ("think2seg", "think2seg-desktop"):
        found = shutil.which(name)
        if found is not None:
            return found
    raise QgsProcessingException(
        f"PROGRAM_NOT_FOUND: no Think2Seg program at {', '.join(places)} and no think2seg on PATH; install it, or set its "
        "path in Settings > Options > Processing > Providers > Think2Seg"
    )
