"""Weights of a graph outside its file, written as they come, so that no model has to fit into memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MAX_SHARD_BYTES = 500_000_000
"""A browser without streaming holds each shard in one buffer."""

CHUNK_BYTES = 8 * 1024 * 1024
"""`CHUNK_BYTES` of `src/contracts/pack.ts`."""

ALIGNMENT = 256
"""Offset of each tensor: a multiple of what a GPU buffer binding may start at."""


@dataclass(frozen=True)
class Placed:
    """Where a tensor's bytes lie."""

    file: str
    offset: int
    bytes: int


@dataclass(frozen=True)
class FileEntry:
    """Hashes and size of a written file, as `pack.json` has them."""

    file: str
    sha256: str
    bytes: int
    chunks: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Fields of the manifest; small files go without chunk hashes."""
        entry: dict[str, object] = {"file": self.file, "sha256": self.sha256, "bytes": self.bytes}
        if len(self.chunks) > 1:
            entry["chunks"] = list(self.chunks)
        return entry


def describe_file(folder: Path, file: str) -> FileEntry:
    """Hashes `folder/file` as a whole and per chunk, reading it once."""
    whole = hashlib.sha256()
    chunks: list[str] = []
    size = 0
    with (folder / file).open("rb") as stream:
        while piece := stream.read(CHUNK_BYTES):
            whole.update(piece)
            chunks.append(hashlib.sha256(piece).hexdigest())
            size += len(piece)
    return FileEntry(file, whole.hexdigest(), size, tuple(chunks))


@dataclass
class ShardWriter:
    """Appends tensors to `{stem}-{n}.bin` below `folder`, a new shard when one would pass `limit` bytes."""

    folder: Path
    stem: str
    limit: int = MAX_SHARD_BYTES
    files: list[str] = field(default_factory=list)
    _offset: int = 0

    def append(self, array: np.ndarray) -> Placed:
        """Writes `array` little-endian, row-major, at an aligned offset."""
        data = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
        if data.nbytes > self.limit:
            raise ValueError(f"a tensor of {data.nbytes} bytes does not fit into a shard of {self.limit}")
        offset = -(-self._offset // ALIGNMENT) * ALIGNMENT
        if not self.files or offset + data.nbytes > self.limit:
            self.files.append(f"{self.stem}-{len(self.files)}.bin")
            (self.folder / self.files[-1]).write_bytes(b"")
            self._offset = offset = 0
        with (self.folder / self.files[-1]).open("ab") as stream:
            stream.write(b"\0" * (offset - self._offset))
            stream.write(memoryview(data).cast("B"))
        self._offset = offset + data.nbytes
        return Placed(self.files[-1], offset, data.nbytes)
