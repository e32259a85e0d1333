"""Reference tensors in a folder: raw little-endian bytes, and `references.json` that names them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

FILE = "references.json"
TYPES = ("float32", "float16", "int32", "int64", "uint8")


@dataclass
class References:
    """Writes tensors as they come and `references.json` at the end."""

    folder: Path
    tensors: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Makes the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def add(self, name: str, array: np.ndarray) -> str:
        """Writes `{name}.bin`; returns the name."""
        if array.dtype.name not in TYPES:
            raise TypeError(f"{name} is {array.dtype.name}")
        data = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        file = f"{name}.bin"
        (self.folder / file).write_bytes(data)
        self.tensors.append(
            {
                "name": name,
                "type": array.dtype.name,
                "shape": list(array.shape),
                "file": file,
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )
        return name

    def graph(
        self, graph_id: str, inputs: dict[str, np.ndarray], outputs: dict[str, np.ndarray]
    ) -> dict[str, object]:
        """Tensors at a graph's borders; returns the names of tensors by the names of the borders."""
        return {
            "graph": graph_id,
            "inputs": {k: self.add(f"{graph_id}.{k}", v) for k, v in inputs.items()},
            "outputs": {k: self.add(f"{graph_id}.{k}", v) for k, v in outputs.items()},
        }

    def finish(self, stamp: str, content: dict[str, object]) -> None:
        """Writes `references.json` with the `stamp` of what made them."""
        whole = {"stamp": stamp, **content, "tensors": self.tensors}
        (self.folder / FILE).write_text(json.dumps(whole, indent=2) + "\n", "utf-8")
