"""Modulation by two timesteps, and rotary positions: shared by the denoisers."""

from __future__ import annotations

import numpy as np

from .graph import Graph


class Rows:
    """Chooses between two rows per token: row 0 where `mask` is 1, row 1 where it is 0."""

    def __init__(self, graph: Graph, mask: str) -> None:
        self._graph = graph
        self._marked = graph.op("Greater", mask, graph.floats(0.5))

    def select(self, table: str, name: str, parameters: np.ndarray) -> list[str]:
        """`table` [2, n, D] plus a layer's `parameters` [n, D], each of the n as [1, N, D]."""
        g = self._graph
        count = parameters.shape[0]
        both = g.op("Add", table, g.weight(name, parameters[None]))
        chosen: list[str] = []
        for part in g.ops("Split", [both], count, axis=1, num_outputs=count):
            first, second = g.ops("Split", [part], 2, axis=0, num_outputs=2)
            chosen.append(g.op("Where", self._marked, first, second))
        return chosen

    def modulate(self, x: str, scale: str, shift: str) -> str:
        """x · (1 + scale) + shift."""
        g = self._graph
        return g.op("Add", g.op("Mul", x, g.op("Add", scale, g.floats(1.0))), shift)


class Rotary:
    """Turns neighbouring pairs by angles given as cosines and sines, each repeated for both of a pair."""

    def __init__(self, graph: Graph, cos: str, sin: str, width: int) -> None:
        self._graph = graph
        signs = np.tile(np.array([-1.0, 1.0], dtype=np.float32), width // 2)
        self._cos = cos
        self._sin = graph.op("Mul", sin, graph.constant(signs))
        self._swap = graph.constant(np.arange(width, dtype=np.int64) ^ 1)

    def apply(self, x: str) -> str:
        """(a, b) to (a·cos − b·sin, b·cos + a·sin) over the last axis."""
        g = self._graph
        turned = g.op("Mul", g.op("Gather", x, self._swap, axis=-1), self._sin)
        return g.op("Add", g.op("Mul", x, self._cos), turned)


def pick_context(graph: Graph, context: str, layer: int) -> tuple[str, str]:
    """Keys and values [1, T, D] of a layer from `context` [2L, T, D]."""
    key = graph.op("Gather", context, graph.ints(2 * layer), axis=0)
    return key, graph.op("Gather", context, graph.ints(2 * layer + 1), axis=0)
