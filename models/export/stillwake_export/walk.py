"""Shapes of every value of a graph at given sizes, and from them memory and arithmetic.

Knows the operators that the exporter writes, those of com.microsoft among them, which onnx's own inference
does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Shape = tuple[int, ...]

ALIASES = frozenset({"Identity", "Reshape", "Squeeze", "Unsqueeze"})
"""Operators whose output is their input's memory."""

BYTES = {
    TensorProto.FLOAT: 4,
    TensorProto.FLOAT16: 2,
    TensorProto.INT64: 8,
    TensorProto.BOOL: 1,
    TensorProto.UINT8: 1,
    TensorProto.INT8: 1,
}


@dataclass(frozen=True)
class Cost:
    """What one run of a graph needs beside its weights."""

    peak: int
    """Bytes of all values that are alive at once, at most; inputs and outputs among them."""
    largest: int
    """Bytes of the largest value or weight, halves that are only stored as the floats that they become."""
    flops: int
    scratch: int = 0
    """Bytes that the neediest node takes for itself where it runs on a processor."""


class _Walker:
    """State of one walk over a graph."""

    def __init__(self, model: onnx.ModelProto, sizes: Mapping[str, int]) -> None:
        self.shapes: dict[str, Shape] = {}
        self.types: dict[str, int] = {}
        self.values: dict[str, np.ndarray] = {}
        self.constant: set[str] = set()
        for tensor in model.graph.initializer:
            self.shapes[tensor.name] = tuple(tensor.dims)
            self.types[tensor.name] = tensor.data_type
            self.constant.add(tensor.name)
            if tensor.data_location != TensorProto.EXTERNAL and tensor.data_type == TensorProto.INT64:
                self.values[tensor.name] = numpy_helper.to_array(tensor)
        for value in model.graph.input:
            dims = value.type.tensor_type.shape.dim
            self.shapes[value.name] = tuple(sizes[d.dim_param] if d.dim_param else d.dim_value for d in dims)
            self.types[value.name] = value.type.tensor_type.elem_type

    def bytes_of(self, name: str) -> int:
        """Memory of a value."""
        return math.prod(self.shapes[name]) * BYTES[self.types[name]]

    def ints(self, name: str) -> list[int]:
        """A shape or an index that is known while walking."""
        return [int(n) for n in np.atleast_1d(self.values[name])]

    def step(self, node: onnx.NodeProto) -> int:
        """Finds the outputs of a node; returns its floating-point operations."""
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        self._known(node, attributes)
        shapes = _outputs(self, node, attributes)
        kind = self.types[node.input[0]]
        if node.op_type == "Cast":
            kind = int(attributes["to"])
        elif node.op_type in ("Where", "DequantizeLinear"):
            kind = self.types[node.input[1]]
        elif node.op_type == "Shape":
            kind = TensorProto.INT64
        elif node.op_type == "Greater":
            kind = TensorProto.BOOL
        for name, shape in zip(node.output, shapes, strict=True):
            self.shapes[name], self.types[name] = shape, kind
        # What is made of weights only is folded into them once; quantized ones are turned to floats in each
        # run.
        if node.op_type != "DequantizeLinear" and all(name in self.constant for name in node.input):
            self.constant.update(node.output)
            return 0
        if all(name in self.values for name in node.output):
            return 0
        return _flops(self, node, shapes)

    def _known(self, node: onnx.NodeProto, attributes: Mapping[str, object]) -> None:
        """Computes whole-number values, which later shapes are made of."""
        if node.op_type == "Shape":
            start = int(str(attributes.get("start", 0)))
            end = attributes.get("end")
            dims = self.shapes[node.input[0]][start : None if end is None else int(str(end))]
            self.values[node.output[0]] = np.array(dims, dtype=np.int64)
            return
        if not all(name in self.values for name in node.input):
            return
        inputs = [self.values[name] for name in node.input]
        simple: dict[str, Callable[..., np.ndarray]] = {
            "Add": np.add,
            "Sub": np.subtract,
            "Mul": np.multiply,
            "Div": lambda a, b: a // b,
            "Max": np.maximum,
            "Min": np.minimum,
            "Squeeze": lambda a, _: a.reshape(()),
            "Range": lambda a, b, c: np.arange(int(a), int(b), int(c), dtype=np.int64),
        }
        if node.op_type in simple:
            self.values[node.output[0]] = np.asarray(simple[node.op_type](*inputs))
        elif node.op_type == "Concat":
            self.values[node.output[0]] = np.concatenate([np.atleast_1d(i) for i in inputs])
        elif node.op_type == "Split":
            for name, part in zip(node.output, np.split(inputs[0], len(node.output)), strict=True):
                self.values[name] = part


def _list(attributes: Mapping[str, object], name: str) -> list[int]:
    value = attributes[name]
    assert isinstance(value, list)
    return value


def _outputs(w: _Walker, node: onnx.NodeProto, attributes: Mapping[str, object]) -> list[Shape]:
    """Shapes of a node's outputs."""
    kind, shape = node.op_type, w.shapes[node.input[0]]
    others = [w.shapes[name] for name in node.input if name]

    def number(name: str, usual: int = 0) -> int:
        return int(str(attributes.get(name, usual)))

    if node.output[0] in w.values:
        return [tuple(w.values[name].shape) for name in node.output]
    match kind:
        case "MatMul":
            return [(*np.broadcast_shapes(shape[:-2], others[1][:-2]), shape[-2], others[1][-1])]
        case "MatMulNBits":
            return [(*shape[:-1], number("N"))]
        case "Reshape":
            target = [shape[i] if n == 0 else n for i, n in enumerate(w.ints(node.input[1]))]
            rest = math.prod(shape) // max(1, -math.prod(target)) if -1 in target else 0
            return [tuple(rest if n == -1 else n for n in target)]
        case "Transpose":
            return [tuple(shape[i] for i in _list(attributes, "perm"))]
        case "Split":
            axis, parts = number("axis"), len(node.output)
            return [tuple(n // parts if i == axis else n for i, n in enumerate(shape))] * parts
        case "Concat":
            axis = number("axis") % len(shape)
            total = sum(s[axis] for s in others)
            return [(*shape[:axis], total, *shape[axis + 1 :])]
        case "Slice":
            start, end, axis = (w.ints(name)[0] for name in node.input[1:4])
            size = len(range(*slice(start, min(end, 2**31), 1).indices(shape[axis])))
            return [(*shape[:axis], size, *shape[axis + 1 :])]
        case "Gather":
            axis = number("axis") % len(shape)
            return [(*shape[:axis], *others[1], *shape[axis + 1 :])]
        case "Squeeze":
            axes = {a % len(shape) for a in w.ints(node.input[1])}
            return [tuple(n for i, n in enumerate(shape) if i not in axes)]
        case "Unsqueeze":
            wide = list(shape)
            for axis in w.ints(node.input[1]):
                wide.insert(axis, 1)
            return [tuple(wide)]
        case "Conv":
            top, left, bottom, right = _list(attributes, "pads")
            step = _list(attributes, "strides")[0]
            rows = (shape[2] + top + bottom - others[1][2]) // step + 1
            return [(shape[0], others[1][0], rows, (shape[3] + left + right - others[1][3]) // step + 1)]
        case "DepthToSpace":
            b = number("blocksize")
            return [(shape[0], shape[1] // b**2, shape[2] * b, shape[3] * b)]
        case "ReduceMean":
            axes = w.ints(node.input[1])
            kept = number("keepdims", 1)
            return [tuple(1 if i in axes else n for i, n in enumerate(shape) if kept or i not in axes)]
        case "Pad":
            pads = w.ints(node.input[1])
            half = len(pads) // 2
            return [tuple(n + pads[i] + pads[half + i] for i, n in enumerate(shape))]
        case "Resize":
            scales = _floats(w, node.input[2])
            return [tuple(int(n * s) for n, s in zip(shape, scales, strict=True))]
        case (
            "DequantizeLinear" | "MultiHeadAttention" | "LayerNormalization" | "SimplifiedLayerNormalization"
        ):
            return [shape]
        case _:
            return [tuple(np.broadcast_shapes(*others))]


def _floats(w: _Walker, name: str) -> list[float]:
    """A resize's scales: rows and columns are doubled everywhere."""
    if w.shapes[name] != (4,):
        raise ValueError("only pictures are resized")
    return [1.0, 1.0, 2.0, 2.0]


def _flops(w: _Walker, node: onnx.NodeProto, shapes: list[Shape]) -> int:
    """Two per product and sum of the large operators, one per element of the others."""
    out = math.prod(shapes[0])
    first = w.shapes[node.input[0]]
    if node.op_type in ("MatMul", "MatMulNBits"):
        return 2 * out * first[-1]
    if node.op_type == "Conv":
        return 2 * out * math.prod(w.shapes[node.input[1]][1:])
    if node.op_type == "MultiHeadAttention":
        return 4 * out * w.shapes[node.input[1]][1]
    return 0 if node.op_type in ALIASES else sum(math.prod(s) for s in shapes)


def _scratch(w: _Walker, node: onnx.NodeProto) -> int:
    """Memory that onnxruntime's processor kernels take besides inputs and outputs.

    Quantized weights as floats; scores before and after their softmax, and the parts of each head.
    """
    shapes = [w.shapes[name] for name in node.input if name]
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    match node.op_type:
        case "MatMulNBits":
            return 4 * int(str(attributes["K"])) * int(str(attributes["N"]))
        case "MultiHeadAttention":
            (_, queries, width), keys = shapes[0], shapes[1][1]
            scores = int(str(attributes["num_heads"])) * queries * keys
            return 4 * (2 * scores + (queries + 2 * keys) * width)
        case _:
            return 0


def measure(model: onnx.ModelProto, sizes: Mapping[str, int]) -> Cost:
    """Walks the graph in its order and keeps each value alive from its node to its last reader."""
    walker = _Walker(model, sizes)
    nodes = list(model.graph.node)
    outputs = {value.name for value in model.graph.output}
    owner: dict[str, str] = {}
    last: dict[str, int] = {}
    for i, node in enumerate(nodes):
        for name in node.input:
            last[owner.get(name, name)] = i
        if node.op_type in ALIASES:
            owner[node.output[0]] = owner.get(node.input[0], node.input[0])
    for name in outputs:
        last[owner.get(name, name)] = len(nodes)
    alive = {value.name: walker.bytes_of(value.name) for value in model.graph.input}
    peak = largest = flops = scratch = 0
    for i, node in enumerate(nodes):
        flops += walker.step(node)
        scratch = max(scratch, _scratch(walker, node))
        if node.op_type not in ALIASES:
            alive.update({n: walker.bytes_of(n) for n in node.output if n not in walker.constant})
        peak = max(peak, sum(alive.values()))
        touched = [n for n in (*node.input, *node.output) if n in walker.shapes]
        largest = max(largest, *alive.values(), *map(walker.bytes_of, touched))
        for name in [n for n in alive if last.get(n, -1) <= i and n not in outputs]:
            del alive[name]
    return Cost(peak, largest, flops, scratch)
