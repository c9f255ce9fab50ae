"""The file with a model's weights, written one weight after the other; a run that was cut off goes on where it stopped."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .weight_formats import StoredWeight

ALIGNMENT = 4096
"""Arrays start on pages, so that a runtime can map them."""


@dataclass(frozen=True)
class Extent:
    """Where an array lies in the data file, in bytes."""

    offset: int
    length: int


def layout(weights: Iterable[StoredWeight]) -> dict[str, Extent]:
    """Extents of all arrays by name, in the order of `weights`."""
    extents: dict[str, Extent] = {}
    offset = 0
    for weight in weights:
        for tensor in weight.tensors:
            offset = -(-offset // ALIGNMENT) * ALIGNMENT
            extents[tensor.name] = Extent(offset, tensor.nbytes)
            offset += tensor.nbytes
    return extents


def write_data_file(path: Path, weights: list[StoredWeight], on_weight: Callable[[StoredWeight], None]) -> dict[str, Extent]:
    """Write the arrays of `weights` to `path`; `on_weight` is told of each that is there.

    Beside it lies `<path>.done`, the names of the weights that are complete, until the caller removes it. With such a file the weights
    it names are taken as they are.
    """
    extents = layout(weights)
    journal = path.with_name(f"{path.name}.done")
    # A line without its end was cut off, and so was the weight.
    lines = journal.read_text().splitlines(keepends=True) if journal.exists() else []
    done = {json.loads(line) for line in lines if line.endswith("\n")}
    path.touch()
    with path.open("r+b") as data, journal.open("a") as log:
        for weight in weights:
            if weight.name not in done:
                data.seek(extents[weight.tensors[0].name].offset)
                _write(data, weight, extents)
                data.flush()
                log.write(json.dumps(weight.name) + "\n")
                log.flush()
            on_weight(weight)
    return extents


def _write(data, weight: StoredWeight, extents: dict[str, Extent]) -> None:
    tensors = iter(weight.tensors)
    left = 0
    for chunk in weight.chunks():
        if left == 0:
            extent = extents[next(tensors).name]
            data.seek(extent.offset)
            left = extent.length
        data.write(chunk.data)
        left -= chunk.nbytes
    if left != 0 or next(tensors, None) is not None:
        raise AssertionError(f"{weight.name}: chunks do not add up to {weight.tensors}")
