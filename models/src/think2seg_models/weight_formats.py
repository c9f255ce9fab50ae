"""How the weights of a checkpoint are written into an ONNX graph, by number format.

    plain        as it is, in the precision of the graph
    transposed   a projection [out, in] as the right factor [in, out] of a MatMul
    blocks       a projection as MatMulNBits: 4 or 8 bits, one scale for 32 neighbours of a row, symmetric
    row_codes    an embedding as 8-bit codes, one scale a row

Values are produced in chunks, so that the largest matrix of a checkpoint costs no more memory than a chunk.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, DefaultWeightOnlyQuantizer

from .checkpoint import Place, read_columns, read_rows

Kind = Literal["plain", "transposed", "blocks4", "blocks8", "row_codes"]
BLOCK = 32
CHUNK_VALUES = 2**24
"""Values in one chunk: 64 MB in single precision."""


@dataclass(frozen=True)
class Tensor:
    """One array of the data file."""

    name: str
    dtype: np.dtype
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape)) * self.dtype.itemsize


@dataclass(frozen=True)
class StoredWeight:
    """A weight of the checkpoint and the arrays it becomes. `dtype`: that of the graph."""

    name: str
    place: Place
    kind: Kind
    dtype: np.dtype

    @property
    def tensors(self) -> list[Tensor]:
        shape = self.place.shape
        if self.kind == "plain":
            return [Tensor(self.name, self.dtype, shape)]
        rows, columns = shape
        if self.kind == "transposed":
            return [Tensor(self.name, self.dtype, (columns, rows))]
        if self.kind == "row_codes":
            return [Tensor(f"{self.name}.codes", np.dtype(np.int8), shape), Tensor(f"{self.name}.scales", self.dtype, (rows, 1))]
        blocks = -(-columns // BLOCK)
        packed = (rows, blocks, BLOCK * self.bits // 8)
        return [Tensor(f"{self.name}.packed", np.dtype(np.uint8), packed), Tensor(f"{self.name}.scales", self.dtype, (rows, blocks))]

    @property
    def bits(self) -> int:
        return 4 if self.kind == "blocks4" else 8

    def chunks(self) -> Iterator[np.ndarray]:
        """The arrays of `tensors` one after the other, each cut along its first axis."""
        shape = self.place.shape
        if self.kind == "transposed":
            for start, stop in cuts(shape[1], shape[0]):
                yield np.ascontiguousarray(read_columns(self.place, start, stop).numpy().T.astype(self.dtype))
        elif self.kind == "plain":
            for start, stop in cuts(shape[0], int(np.prod(shape[1:]))):
                yield read_rows(self.place, start, stop).numpy().astype(self.dtype)
        else:
            encode = encode_rows if self.kind == "row_codes" else self._encode_blocks
            scales = []
            for start, stop in cuts(*shape):
                codes, scale = encode(read_rows(self.place, start, stop).numpy())
                scales.append(scale.astype(self.dtype))
                yield codes
            yield np.concatenate(scales)

    def _encode_blocks(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        config = DefaultWeightOnlyQuantConfig(block_size=BLOCK, is_symmetric=True, bits=self.bits)
        packed, scales, _ = DefaultWeightOnlyQuantizer(config).qbits_block_quant(np.ascontiguousarray(rows.T))
        return packed, scales


def encode_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes int8 [rows, columns] and scales [rows, 1] with `codes * scales` within half a step of `rows`."""
    largest = np.abs(rows).max(1, keepdims=True)
    scales = np.where(largest == 0, 1, largest / 127)
    return np.round(rows / scales).astype(np.int8), scales


def cuts(length: int, width: int) -> Iterator[tuple[int, int]]:
    """Ranges that cover `length` rows of `width` values, each of at most CHUNK_VALUES values (or of one row)."""
    step = max(1, CHUNK_VALUES // max(1, width))
    for start in range(0, length, step):
        yield start, min(length, start + step)
