"""Memory and arithmetic of each graph as formulas of the clip's size, which the fit check reads.

Every formula is `fixed + perToken·N + perTokenSquared·N² + perPixel·W·H·n` with n the frames of one run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import onnx

from .walk import Cost, measure

Terms = dict[str, float]

TOKENS = (*sorted({round(1.15**k) for k in range(72)}), 1 << 17, 1 << 18, 1 << 19)
"""From one to more than any clip has, near enough that nothing between two of them stands out."""
PICTURES = ((4, 4), (8, 8), (8, 16))
"""Rows and columns of latents at which the graphs of the autoencoder are walked."""


@dataclass(frozen=True)
class Formulas:
    """A graph's entry in `activations` and in `work`."""

    memory: dict[str, object]
    work: Terms


def _rounded(value: float) -> float:
    return float(math.ceil(value * 1000) / 1000)


def _of_tokens(values: Sequence[int]) -> Terms:
    """A parabola that is not below any of the values at `TOKENS`.

    Its slopes are those between the three largest sizes, where one place in the graph outgrows all others;
    what is more than that at smaller ones is fixed.
    """
    (a, b, c), (fa, fb, fc) = TOKENS[-3:], values[-3:]
    squared = max(0.0, ((fc - fb) / (c - b) - (fb - fa) / (b - a)) / (c - a))
    linear = max(0.0, (fc - fb - squared * (c * c - b * b)) / (c - b))
    linear, squared = _rounded(linear), _rounded(squared)
    fixed = max(0.0, *(f - linear * n - squared * n * n for n, f in zip(TOKENS, values, strict=True)))
    return {"fixed": math.ceil(fixed), "perToken": linear, "perTokenSquared": squared}


def _of_pixels(pixels: Sequence[int], values: Sequence[int]) -> Terms:
    """The steepest line through nothing: what does not grow with the picture is small here."""
    return {"fixed": 0, "perPixel": _rounded(max(v / p for p, v in zip(pixels, values, strict=True)))}


def _formulas(costs: Sequence[Cost], fit: Callable[[Sequence[int]], Terms]) -> Formulas:
    memory: dict[str, object] = dict(fit([c.peak for c in costs]))
    memory["largest"] = fit([c.largest for c in costs])
    return Formulas(memory, fit([c.flops for c in costs]))


def fit_step(model: onnx.ModelProto, words: int) -> Formulas:
    """`dit_step` at its longest prompt."""
    return _formulas([measure(model, {"N": n, "T": words}) for n in TOKENS], _of_tokens)


def fit_words(model: onnx.ModelProto, words: int) -> Formulas:
    """`dit_context` and `text_encoder` at their longest prompt."""
    return _formulas([measure(model, {"T": words})], lambda values: {"fixed": values[0]})


def fit_encode(model: onnx.ModelProto, spatial: int) -> Formulas:
    """`vae_encode`: one frame."""
    sizes = [{"H": h * spatial, "W": w * spatial} for h, w in PICTURES]
    pixels = [s["H"] * s["W"] for s in sizes]
    return _formulas([measure(model, s) for s in sizes], lambda values: _of_pixels(pixels, values))


def fit_decode(model: onnx.ModelProto, spatial: int, frames: int, latent_frames: int | None) -> Formulas:
    """`vae_decode` for runs of `frames` frames from `latent_frames` latent ones; None where it streams."""
    free = {} if latent_frames is None else {"F": latent_frames}
    # The memory of a decoder that streams has axes of two and four times the latent's.
    sizes = [
        {f"{k or ''}{n}": (k or 1) * s for k in (0, 2, 4) for n, s in zip("hw", p, strict=True)} | free
        for p in PICTURES
    ]
    pixels = [h * w * spatial**2 * frames for h, w in PICTURES]
    return _formulas([measure(model, s) for s in sizes], lambda values: _of_pixels(pixels, values))
