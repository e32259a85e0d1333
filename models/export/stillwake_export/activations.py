"""Memory and arithmetic of each graph as formulas of the clip's size, which the fit check reads.

Every formula is `fixed + perToken·N + perTokenSquared·N² + perPixel·W·H·n` with n the frames of one run.
Memory of pictures may have a second one in `least`; the larger counts. `processor` is what kernels of
onnxruntime's WebAssembly take for themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import onnx

from .walk import Cost, measure

Terms = dict[str, float]

TOKENS = (*sorted({round(1.15**k) for k in range(72)}), 1 << 17, 1 << 18, 1 << 19)
"""From one to more than any clip has, near enough that nothing between two of them stands out."""
PICTURES = ((4, 4), (4, 8), (8, 8), (8, 16), (12, 16), (16, 24), (24, 32), (32, 40), (40, 64))
"""Rows and columns of latents at which the graphs of the autoencoder are walked, from a small tile up."""


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


def _line(pixels: Sequence[int], values: Sequence[int], pair: tuple[int, int]) -> Terms:
    """The line through two of the values."""
    (p, v), (q, w) = ((pixels[i], values[i]) for i in pair)
    slope = _rounded(max(0.0, (w - v) / (q - p)))
    return {"fixed": max(0, math.ceil(v - slope * p)), "perPixel": slope}


def _value(terms: Terms, pixels: int) -> float:
    return terms["fixed"] + terms["perPixel"] * pixels


def _of_pixels(pixels: Sequence[int], values: Sequence[int]) -> dict[str, object]:
    """The line through nothing and the largest picture, and where small ones need more, one for them.

    In a small picture most memory is where weights are turned to floats, whatever its size; in a large one
    it is where the picture is widest.
    """
    far: Terms = {"fixed": 0, "perPixel": _rounded(values[-1] / pixels[-1])}
    if all(v <= 1.1 * _value(far, p) for p, v in zip(pixels, values, strict=True)):
        return {"fixed": 0, "perPixel": _rounded(max(v / p for p, v in zip(pixels, values, strict=True)))}
    near = _line(pixels, values, (0, 1))
    short = max(v - max(_value(far, p), _value(near, p)) for p, v in zip(pixels, values, strict=True))
    near["fixed"] += max(0, math.ceil(short))
    return {**far, "least": near}


def _work_of_pixels(pixels: Sequence[int], values: Sequence[int]) -> Terms:
    """The line through the largest two: what does not grow with the picture is in all of them."""
    return _line(pixels, values, (-2, -1))


def _formulas(
    costs: Sequence[Cost],
    fit: Callable[[Sequence[int]], dict[str, object]],
    fit_work: Callable[[Sequence[int]], Terms],
) -> Formulas:
    memory = fit([c.peak for c in costs])
    memory["largest"] = fit([c.largest for c in costs])
    if any(c.scratch for c in costs):
        memory["processor"] = fit([c.scratch for c in costs])
    return Formulas(memory, fit_work([c.flops for c in costs]))


def fit_step(model: onnx.ModelProto, words: int) -> Formulas:
    """`dit_step` at its longest prompt."""
    costs = [measure(model, {"N": n, "T": words}) for n in TOKENS]
    return _formulas(costs, lambda values: dict(_of_tokens(values)), _of_tokens)


def fit_words(model: onnx.ModelProto, words: int) -> Formulas:
    """`dit_context` and `text_encoder` at their longest prompt."""
    costs = [measure(model, {"T": words})]
    return _formulas(costs, lambda values: {"fixed": values[0]}, lambda values: {"fixed": values[0]})


def _of_pictures(
    model: onnx.ModelProto, sizes: Sequence[Mapping[str, int]], pixels: Sequence[int]
) -> Formulas:
    costs = [measure(model, size) for size in sizes]
    return _formulas(
        costs, lambda values: _of_pixels(pixels, values), lambda values: _work_of_pixels(pixels, values)
    )


def fit_encode(model: onnx.ModelProto, spatial: int) -> Formulas:
    """`vae_encode`: one frame."""
    sizes = [{"H": h * spatial, "W": w * spatial} for h, w in PICTURES]
    pixels = [s["H"] * s["W"] for s in sizes]
    return _of_pictures(model, sizes, pixels)


def fit_decode(model: onnx.ModelProto, spatial: int, frames: int, latent_frames: int | None) -> Formulas:
    """`vae_decode` for runs of `frames` frames from `latent_frames` latent ones; None where it streams."""
    free = {} if latent_frames is None else {"F": latent_frames}
    # The memory of a decoder that streams has axes of two and four times the latent's.
    sizes = [
        {f"{k or ''}{n}": (k or 1) * s for k in (0, 2, 4) for n, s in zip("hw", p, strict=True)} | free
        for p in PICTURES
    ]
    pixels = [h * w * spatial**2 * frames for h, w in PICTURES]
    return _of_pictures(model, sizes, pixels)
