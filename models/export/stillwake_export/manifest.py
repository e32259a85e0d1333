"""`pack.json`, and the folder that it describes.

The fields are those of `src/contracts/pack.ts` and `src/contracts/flow.ts`.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx

from .graph import OPSET, Graph
from .layers import Layers, Precision
from .quantize import LayerError
from .shards import describe_file

REPORT_SUFFIX = ".quantization.json"


@dataclass(frozen=True)
class PackInfo:
    """What a pack says about itself."""

    id: str
    version: str
    title: str
    spdx: str
    licence_text: str
    source: str
    tier: str = "advanced"


def half_bytes(model: onnx.ModelProto) -> int:
    """Bytes of the weights that are only stored as halves: they become float32 when a session is made."""
    cast = {node.input[0] for node in model.graph.node if node.op_type == "Cast"}
    return sum(
        2 * math.prod(tensor.dims)
        for tensor in model.graph.initializer
        if tensor.data_type == onnx.TensorProto.FLOAT16 and tensor.name in cast
    )


@dataclass
class PackWriter:
    """Collects graphs and files of a pack in `folder`, which has to be new or empty."""

    folder: Path
    info: PackInfo
    graphs: list[dict[str, object]] = field(default_factory=list)
    files: list[dict[str, object]] = field(default_factory=list)
    report: dict[str, list[LayerError]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Makes the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if any(self.folder.iterdir()):
            raise FileExistsError(f"{self.folder} is not empty")

    def graph(self, graph_id: str, precision: Precision, write: Callable[[Layers], None]) -> onnx.ModelProto:
        """Writes a graph and enters it; returns it without its weights."""
        graph = Graph(graph_id, self.folder)
        layers = Layers(graph, precision)
        write(layers)
        file = graph.save()
        if layers.report:
            self.report[graph_id] = layers.report
        entry: dict[str, object] = {"id": graph_id, **describe_file(self.folder, file).to_json()}
        entry["opset"] = OPSET
        entry["dtype"] = precision.weights
        entry["inputs"] = [border.to_json() for border in graph.inputs]
        entry["outputs"] = [border.to_json() for border in graph.outputs]
        shards = [describe_file(self.folder, name).to_json() for name in graph.shards.files]
        entry["shards"] = [{**shard, "path": shard["file"]} for shard in shards]
        model = graph.model()
        entry["halfBytes"] = half_bytes(model)
        entry["licence"] = self.info.spdx
        entry["source"] = self.info.source
        self.graphs.append(entry)
        return model

    def tensor(self, file_id: str, file: str, array: np.ndarray) -> None:
        """Writes a tensor as raw little-endian bytes and enters it."""
        data = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
        (self.folder / file).write_bytes(data.tobytes())
        entry: dict[str, object] = {"id": file_id, **describe_file(self.folder, file).to_json()}
        entry["tensor"] = {"type": array.dtype.name, "shape": list(array.shape)}
        self.files.append(entry)

    def plain(self, file_id: str, file: str, data: bytes) -> None:
        """Writes any other file and enters it."""
        (self.folder / file).write_bytes(data)
        self.files.append({"id": file_id, **describe_file(self.folder, file).to_json()})

    def weight_bytes(self, graph_id: str) -> int:
        """Bytes of a graph's shards."""
        entry = next(graph for graph in self.graphs if graph["id"] == graph_id)
        shards = entry["shards"]
        assert isinstance(shards, list)
        return sum(int(shard["bytes"]) for shard in shards)

    def finish(self, constants: dict[str, object], limits: dict[str, int], build: str) -> None:
        """Writes `pack.json`; beside the folder the report on quantization, which is not part of the pack."""
        info = self.info
        pack = {
            "format": 1,
            "id": info.id,
            "version": info.version,
            "engine": "flow",
            "title": info.title,
            "licence": {"spdx": info.spdx, "text": info.licence_text},
            "source": info.source,
            "tier": info.tier,
            "graphs": self.graphs,
            "files": self.files,
            "constants": constants,
            "limits": limits,
            "session": {},
            "build": build,
        }
        text = json.dumps(pack, indent=2, ensure_ascii=False) + "\n"
        (self.folder / "pack.json").write_text(text, "utf-8")
        if self.report:
            report = {graph: [error.to_json() for error in errors] for graph, errors in self.report.items()}
            file = self.folder.parent / f"{self.folder.name}{REPORT_SUFFIX}"
            file.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def hash_sources(*more: str) -> str:
    """SHA-256 over the exporter's sources, its requirements and `more`: what makes a pack what it is.

    For each file below `models/export`, sorted by its path: the path, a line feed, the file's bytes.
    """
    root = Path(__file__).parent
    files = [*root.rglob("*.py"), root.parent / "requirements.txt"]
    digest = hashlib.sha256()
    for name in sorted(file.relative_to(root.parent).as_posix() for file in files):
        digest.update(f"{name}\n".encode())
        digest.update((root.parent / name).read_bytes())
    for text in more:
        digest.update(text.encode() + b"\n")
    return digest.hexdigest()
