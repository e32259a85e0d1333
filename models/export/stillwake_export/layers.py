"""Layers as ONNX nodes, at the precision that the pack is written in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from .checkpoint import Scope
from .graph import MICROSOFT, Graph
from .quantize import Grid, LayerError, layer_error, quantize

Dtype = Literal["fp32", "fp16", "int8", "int4"]

FLOAT = 1
FLOAT16 = 10


@dataclass(frozen=True)
class Precision:
    """How weights are stored and what the large products run in; the residual stream is always float32."""

    weights: Dtype = "fp32"
    activations: Literal["fp32", "fp16"] = "fp32"
    attention: Literal["plain", "fused"] = "plain"
    """`fused` is com.microsoft.MultiHeadAttention, which never holds all scores where the provider can do
    without."""
    grid: Grid | None = None
    """Fixes the quantizer's choice for every layer."""
    importance: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Mean square of each input channel in a calibration run, by layer."""
    autoencoder: Literal["fp16", "int8"] = "fp16"
    """How the autoencoder is stored where anything is smaller than float32."""

    @property
    def small(self) -> Literal["fp32", "fp16"]:
        """How everything beside the large products is stored."""
        return "fp32" if self.weights == "fp32" else "fp16"


class Layers:
    """Writes layers into a graph; `report` collects what quantization did."""

    def __init__(self, graph: Graph, precision: Precision) -> None:
        self.graph = graph
        self.precision = precision
        self.report: list[LayerError] = []

    def stored(self, name: str, array: np.ndarray) -> str:
        """A float32 value; kept as halves in a small pack, which a session turns back when it is made."""
        if self.precision.small == "fp32" or array.nbytes < 1024:
            return self.graph.weight(name, array)
        return self.graph.op("Cast", self.graph.weight(name, array.astype(np.float16)), to=FLOAT)

    def linear(self, x: str, scope: Scope, bulk: bool = True) -> str:
        """y = x·Wᵀ + b with `weight` [N, K] and, if there is one, `bias` [N] of `scope`."""
        bias = scope.array("bias") if scope.has("bias") else None
        return self.product(x, scope.prefix.rstrip("."), scope.array("weight"), bias, bulk)

    def product(
        self, x: str, name: str, weight: np.ndarray, bias: np.ndarray | None, bulk: bool = True
    ) -> str:
        """y = x·Wᵀ + b; `bulk` products are the quantized ones."""
        g = self.graph
        if bulk and self.precision.weights in ("int8", "int4"):
            y = self._quantized(x, name, weight)
        elif bulk and self.precision.weights == "fp16":
            transposed = g.weight(f"{name}.weight", np.ascontiguousarray(weight.T).astype(np.float16))
            y = g.op("Cast", g.op("MatMul", g.op("Cast", x, to=FLOAT16), transposed), to=FLOAT)
        else:
            y = g.op("MatMul", x, self.stored(f"{name}.weight", np.ascontiguousarray(weight.T)))
        return y if bias is None else g.op("Add", y, g.weight(f"{name}.bias", bias))

    def _quantized(self, x: str, name: str, weight: np.ndarray) -> str:
        g = self.graph
        bits = 4 if self.precision.weights == "int4" else 8
        importance = self.precision.importance.get(name)
        grid = self.precision.grid
        packed = quantize(weight, bits, importance, grid if grid and grid.bits == bits else None)
        self.report.append(layer_error(name, weight, packed, importance))
        half = self.precision.activations == "fp16"
        # Scales are rounded to halves by the quantizer, so both kinds of activations read the same numbers.
        scales = g.weight(f"{name}.scales", packed.scales.astype(np.float16))
        if not half:
            scales = g.op("Cast", scales, to=FLOAT)
        inputs = [
            g.op("Cast", x, to=FLOAT16) if half else x,
            g.weight(f"{name}.weight", packed.packed),
            scales,
        ]
        if packed.zero_points is not None:
            inputs.append(g.weight(f"{name}.zeros", packed.zero_points))
        rows, columns = packed.shape
        y = g.op(
            "MatMulNBits",
            *inputs,
            domain=MICROSOFT,
            K=columns,
            N=rows,
            bits=bits,
            block_size=packed.grid.block,
        )
        return g.op("Cast", y, to=FLOAT) if half else y

    def rms_norm(self, x: str, name: str, weight: np.ndarray, eps: float) -> str:
        """x / √(mean x² + ε) · weight over the last axis."""
        scale = self.graph.weight(name, weight)
        return self.graph.op("SimplifiedLayerNormalization", x, scale, axis=-1, epsilon=eps, stash_type=1)

    def layer_norm(self, x: str, name: str, weight: np.ndarray, bias: np.ndarray, eps: float) -> str:
        """(x − mean) / √(variance + ε) · weight + bias over the last axis."""
        g = self.graph
        return g.op(
            "LayerNormalization",
            x,
            g.weight(name, weight),
            g.weight(f"{name}.bias", bias),
            axis=-1,
            epsilon=eps,
        )

    def silu(self, x: str) -> str:
        """x · σ(x)."""
        return self.graph.op("Mul", x, self.graph.op("Sigmoid", x))

    def gelu_tanh(self, x: str) -> str:
        """GELU in its tanh approximation."""
        return self.graph.op("FastGelu", x, domain=MICROSOFT)

    def gelu_erf(self, x: str) -> str:
        """GELU by the error function."""
        return self.graph.op("Gelu", x, domain=MICROSOFT)

    def split_heads(self, x: str, heads: int, width: int, transposed: bool = False) -> str:
        """[1, S, heads·width] to [1, heads, S, width], or [1, heads, width, S] when `transposed`."""
        parted = self.graph.op("Reshape", x, self.graph.ints(0, 0, heads, width))
        return self.graph.op("Transpose", parted, perm=[0, 2, 3, 1] if transposed else [0, 2, 1, 3])

    def attention(
        self, q: str, k: str, v: str, heads: int, width: int, bias: str | None = None, scale: float = 1.0
    ) -> str:
        """softmax(scale·q·kᵀ + bias)·v for q [1, S, heads·width], k and v [1, T, heads·width]; `bias` [1,
        heads, S, T]."""
        g = self.graph
        if self.precision.attention == "fused" and bias is None:
            half = self.precision.activations == "fp16"
            values = [g.op("Cast", value, to=FLOAT16) if half else value for value in (q, k, v)]
            y = g.op("MultiHeadAttention", *values, domain=MICROSOFT, num_heads=heads, scale=scale)
            return g.op("Cast", y, to=FLOAT) if half else y
        if scale != 1.0:
            q = g.op("Mul", q, g.floats(scale))
        scores = g.op(
            "MatMul", self.split_heads(q, heads, width), self.split_heads(k, heads, width, transposed=True)
        )
        if bias is not None:
            scores = g.op("Add", scores, bias)
        mixed = g.op("MatMul", g.op("Softmax", scores, axis=-1), self.split_heads(v, heads, width))
        return g.op("Reshape", g.op("Transpose", mixed, perm=[0, 2, 1, 3]), g.ints(0, 0, heads * width))

    def sinusoid(self, timesteps: str, width: int) -> str:
        """cos then sin of timesteps [2] times 10000^(−i/half): [2, width].

        Angles go up to a thousand radians, where a GPU's sine is only as good as its range reduction: it is
        done here, with 2π in two parts of which the first times any whole number of turns is exact in
        float32.
        @source Cody and Waite, "Software Manual for the Elementary Functions", 1980.
        """
        g = self.graph
        half = width // 2
        frequencies = np.exp(-math.log(10000.0) * np.arange(half, dtype=np.float32) / np.float32(half))
        angles = g.op(
            "Mul", g.op("Reshape", timesteps, g.ints(2, 1)), g.constant(frequencies.astype(np.float32)[None])
        )
        turns = g.op("Mul", angles, g.floats(1 / (2 * math.pi)))
        # Not Round, which the WebGPU provider leaves to the CPU, and a graph that is captured may not leave
        # the GPU.
        turns = g.op("Floor", g.op("Add", turns, g.floats(0.5)))
        coarse = 6.28125
        reduced = g.op("Sub", angles, g.op("Mul", turns, g.floats(coarse)))
        reduced = g.op("Sub", reduced, g.op("Mul", turns, g.floats(2 * math.pi - coarse)))
        return g.op("Concat", g.op("Cos", reduced), g.op("Sin", reduced), axis=1)

    def tree_concat(self, values: list[str], axis: int, fan_in: int = 4) -> str:
        """Concatenates many values a few at a time: a shader has a limit on its buffers."""
        while len(values) > 1:
            groups = [values[i : i + fan_in] for i in range(0, len(values), fan_in)]
            values = [
                group[0] if len(group) == 1 else self.graph.op("Concat", *group, axis=axis)
                for group in groups
            ]
        return values[0]

    def turned_pairs(self, x: str, swap: str) -> str:
        """Neighbours (a, b) of the last axis to (b, a); the sign lies in the sines."""
        return self.graph.op("Gather", x, swap, axis=-1)
