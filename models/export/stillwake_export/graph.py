"""A thin writer of ONNX graphs: one call per node, weights go straight to the shards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
from onnx import TensorProto, helper

from .shards import ShardWriter

OPSET = 18
MICROSOFT = "com.microsoft"
INLINE_BYTES = 1024
"""Smaller tensors stay in the graph's own file."""

Dim = int | str
Attribute = int | float | str | list[int]

ELEMENT_TYPES: dict[str, int] = {
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "int8": TensorProto.INT8,
    "uint8": TensorProto.UINT8,
    "bool": TensorProto.BOOL,
}


@dataclass(frozen=True)
class Border:
    """An input or output of a graph; a free dimension has a name in place of a size."""

    name: str
    type: Literal["float32", "float16", "int32", "int64", "uint8"]
    shape: tuple[Dim, ...]
    meaning: str = ""
    range: tuple[float, float] | None = None

    def to_json(self) -> dict[str, object]:
        """The tensor as `pack.json` has it."""
        shape = [d if isinstance(d, int) else -1 for d in self.shape]
        entry: dict[str, object] = {"name": self.name, "type": self.type, "shape": shape}
        if self.meaning:
            entry["meaning"] = self.meaning
        if self.range is not None:
            entry["range"] = list(self.range)
        return entry


class Graph:
    """Collects the nodes of one network and writes it below `folder` as `{id}.onnx` and its shards."""

    def __init__(self, graph_id: str, folder: Path, limit: int | None = None) -> None:
        self.id = graph_id
        self.folder = folder
        self.inputs: list[Border] = []
        self.outputs: list[Border] = []
        self.shards = ShardWriter(folder, f"{graph_id}.weights")
        if limit is not None:
            self.shards.limit = limit
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._counts: dict[str, int] = {}

    def input(self, border: Border) -> str:
        """Declares an input; returns its name."""
        self.inputs.append(border)
        return border.name

    def output(self, border: Border, value: str) -> None:
        """Declares `value` as an output under the border's name."""
        self._nodes.append(helper.make_node("Identity", [value], [border.name], name=f"out_{border.name}"))
        self.outputs.append(border)

    def ops(
        self, kind: str, inputs: list[str], count: int, domain: str = "", **attributes: Attribute
    ) -> list[str]:
        """Adds a node with `count` outputs; returns their names."""
        serial = self._counts.get(kind, 0)
        self._counts[kind] = serial + 1
        name = f"{kind}_{serial}"
        outputs = [name if count == 1 else f"{name}_{i}" for i in range(count)]
        self._nodes.append(helper.make_node(kind, inputs, outputs, name=name, domain=domain, **attributes))
        return outputs

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Attribute) -> str:
        """Adds a node with one output; returns its name."""
        return self.ops(kind, list(inputs), 1, domain, **attributes)[0]

    def constant(self, value: np.ndarray) -> str:
        """A small constant inside the graph's file, equal ones shared."""
        value = np.asarray(value)
        key = (value.dtype.str, value.shape, value.tobytes())
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = name
            self._initializers[name] = onnx.numpy_helper.from_array(
                np.ascontiguousarray(value).reshape(value.shape), name
            )
        return self._constants[key]

    def floats(self, *values: float) -> str:
        """A float32 vector; a scalar when there is one value."""
        return self.constant(np.array(values[0] if len(values) == 1 else values, dtype=np.float32))

    def ints(self, *values: int) -> str:
        """An int64 vector."""
        return self.constant(np.array(values, dtype=np.int64))

    def weight(self, name: str, array: np.ndarray) -> str:
        """A tensor of the model, outside the graph's file unless it is small; a name used before is not
        written again."""
        if name in self._initializers:
            return name
        if array.nbytes < INLINE_BYTES:
            self._initializers[name] = onnx.numpy_helper.from_array(
                np.ascontiguousarray(array).reshape(array.shape), name
            )
            return name
        placed = self.shards.append(array)
        tensor = TensorProto(name=name, data_type=ELEMENT_TYPES[array.dtype.name], dims=array.shape)
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", placed.file), ("offset", placed.offset), ("length", placed.bytes)):
            tensor.external_data.add(key=key, value=str(value))
        self._initializers[name] = tensor
        return name

    def model(self) -> onnx.ModelProto:
        """The graph as a model; its file has no weights beyond the small ones."""

        def info(border: Border) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(border.name, ELEMENT_TYPES[border.type], border.shape)

        graph = helper.make_graph(
            self._nodes,
            self.id,
            [info(b) for b in self.inputs],
            [info(b) for b in self.outputs],
            list(self._initializers.values()),
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(
            graph, opset_imports=opsets, ir_version=9, producer_name="stillwake_export", producer_version="1"
        )

    def save(self) -> str:
        """Writes `{id}.onnx`; returns the file's name."""
        file = f"{self.id}.onnx"
        (self.folder / file).write_bytes(self.model().SerializeToString(deterministic=True))
        return file
