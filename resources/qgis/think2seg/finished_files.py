"""Results appear at their place when they are complete, whatever ends the work before."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from os.path import basename, dirname, join

from qgis.core import QgsProcessingException


@contextmanager
def finished_file(path):
    """Gives a path in a hidden folder beside `path`; what lies in it at the end of the block is moved to its place.

    Raises QgsProcessingException (OUTPUT_NOT_WRITABLE).
    """
    folder = dirname(path)
    try:
        os.makedirs(folder, exist_ok=True)
        unfinished = tempfile.mkdtemp(prefix=".think2seg-qgis-", dir=folder)
    except OSError as error:
        raise QgsProcessingException(f"OUTPUT_NOT_WRITABLE: {path} cannot be written ({error})") from error
    try:
        yield join(unfinished, basename(path))
        for name in os.listdir(unfinished):
            try:
                os.replace(join(unfinished, name), join(folder, name))
            except OSError as error:
                raise QgsProcessingException(
                    f"OUTPUT_NOT_WRITABLE: {join(folder, name)} cannot be replaced ({error}); "
                    "remove the layer that uses it, or choose another name"
                ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
