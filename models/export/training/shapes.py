"""Outlines of the things that move, as signed distances in units of their radius."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Field = np.ndarray
Outline = Callable[[Field, Field], Field]
"""Distance at `u` to the right and `v` down from the middle, below nothing inside."""


def _star(u: Field, v: Field) -> Field:
    outer, inner = np.array([1.0, 0.0]), 0.48 * np.array([np.cos(np.pi / 5), np.sin(np.pi / 5)])
    normal = np.array([inner[1] - outer[1], outer[0] - inner[0]])
    normal /= np.hypot(*normal)
    angle = np.mod(np.arctan2(u, -v), 2 * np.pi / 5)
    angle = np.minimum(angle, 2 * np.pi / 5 - angle)
    far = np.hypot(u, v)
    return (far * np.cos(angle) - outer[0]) * normal[0] + far * np.sin(angle) * normal[1]


def _heart(u: Field, v: Field) -> Field:
    u = np.abs(u)
    bump = np.hypot(u - 0.45, v + 0.32) - 0.52
    tip = np.maximum(0.70 * u + 0.71 * v - 0.67, -0.32 - v)
    return np.minimum(bump, tip)


def _cross(u: Field, v: Field) -> Field:
    u, v = np.abs(u), np.abs(v)
    return np.minimum(np.maximum(u - 0.33, v - 0.95), np.maximum(u - 0.95, v - 0.33))


OUTLINES: dict[str, Outline] = {
    "disc": lambda u, v: np.hypot(u, v) - 0.95,
    "square": lambda u, v: np.maximum(np.abs(u), np.abs(v)) - 0.82,
    "star": _star,
    "triangle": lambda u, v: np.maximum(v - 0.65, 0.87 * np.abs(u) - 0.5 * (v + 1)),
    "diamond": lambda u, v: (0.85 * np.abs(u) + 0.6 * np.abs(v)) - 0.62,
    "ring": lambda u, v: np.abs(np.hypot(u, v) - 0.7) - 0.28,
    "heart": _heart,
    "cross": _cross,
    "moon": lambda u, v: np.maximum(np.hypot(u, v) - 0.95, 0.75 - np.hypot(u - 0.5, v + 0.1)),
}

CREATURE = "creature"
"""Not an outline but a small symmetric bitmap, drawn anew for each clip."""

SHAPES = (*OUTLINES, CREATURE)

SPRITE_CELLS = 6


def make_sprite(random: np.random.Generator) -> np.ndarray:
    """A symmetric bitmap [6, 6]: 0 nothing, 1 the creature's colour, 2 its eyes."""
    half = (random.uniform(size=(SPRITE_CELLS, SPRITE_CELLS // 2)) < 0.65).astype(np.int8)
    half[1:4, 1:] = 1
    half[2, 1] = 2
    return np.concatenate([half, half[:, ::-1]], axis=1)


def coverage(distance: Field, radius: float | Field) -> Field:
    """How much of each pixel is inside, 0…1."""
    return np.clip(0.5 - distance * radius, 0, 1)
