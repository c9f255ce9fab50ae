"""Results appear at their place when they are complete, whatever ends the work before."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from os.path import abspath, basename, dirname, getsize, isfile, join, splitext

from qgis.core import QgsProcessingException


@contextmanager
def finished_file(path):
    """Gives a path in a hidden folder beside `path`; what lies in it at the end of the block is moved to its place.

    Raises QgsProcessingException (OUTPUT_NOT_WRITABLE).
    """
    path = abspath(path)
    folder = dirname(path)
    _refuse_open(path)
    try:
        os.makedirs(folder, exist_ok=True)
        unfinished = tempfile.mkdtemp(prefix=".think2seg-qgis-", dir=folder)
    except OSError as error:
        raise QgsProcessingException(f"OUTPUT_NOT_WRITABLE: {path} cannot be written ({error})") from error
    try:
        yield join(unfinished, basename(path))
        _refuse_open(path)
        _refuse_foreign_parts(path, unfinished)
        _replace(path, unfinished)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _replace(path, unfinished):
    """The main file last: the others are of no use without it."""
    names = sorted(os.listdir(unfinished), key=lambda name: name == basename(path))
    try:
        for leftover in _leftovers(path):
            if isfile(leftover) and basename(leftover) not in names:
                os.remove(leftover)
        for name in names:
            os.replace(join(unfinished, name), join(dirname(path), name))
    except OSError as error:
        raise QgsProcessingException(
            f"OUTPUT_NOT_WRITABLE: {path} cannot be replaced ({error}); remove the layer that uses it, or choose another name"
        ) from error


def _leftovers(path):
    """What programs keep beside an older version of `path` and would take for a part of the new one."""
    stem, extension = splitext(path)
    if extension.lower() == ".gpkg":
        return [path + end for end in ("-wal", "-shm", "-journal")]
    if extension.lower() == ".shp" and isfile(path):
        return [stem + end for end in (".prj", ".qix", ".sbn", ".sbx", ".idm", ".ind", ".qpj", ".shp.xml")]
    return []


def _refuse_open(path):
    """What has not been written back to a GeoPackage yet would be lost with it."""
    journal = path + "-wal"
    if isfile(journal) and getsize(journal) > 0:
        raise QgsProcessingException(
            f"OUTPUT_NOT_WRITABLE: {path} has changes that a program has not written back ({journal}); "
            "save and remove the layer that uses it, or choose another name"
        )


def _refuse_foreign_parts(path, unfinished):
    """The `.prj` of a raster may be the only file that knows where it lies: without a main file it is no part of an older answer."""
    if isfile(path):
        return
    for name in os.listdir(unfinished):
        foreign = join(dirname(path), name)
        if isfile(foreign):
            raise QgsProcessingException(
                f"OUTPUT_NOT_WRITABLE: {foreign} exists already and is no part of {path}, which is not there; choose another name"
            )
