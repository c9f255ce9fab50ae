"""Tells whether files are still the ones that something was made from."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def state_of(paths: Iterable[Path]) -> str:
    """Changes with the name, size or time of change of any of the files: they stand for the content, which would take long to read."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


def files_at(place: Path) -> list[Path]:
    """The file itself, or all files below a folder; none where there is nothing."""
    return [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
