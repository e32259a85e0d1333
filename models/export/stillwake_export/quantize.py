"""Weight-only quantization for `MatMulNBits`: round to nearest, with the grid chosen by weighted error.

Per layer the block size (32, 64, 128), symmetric or asymmetric grids, and per block how far the range is
clipped are chosen so that the squared error, each input channel weighted by its mean square in a
calibration run, is smallest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

Bits = Literal[4, 8]

BLOCK_SIZES = (32, 64, 128)
CLIPS = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
SAMPLE_ROWS = 256
"""Rows of a layer on which its block size and kind of grid are chosen."""

LARGER_BLOCK_TOLERANCE = 1.05
"""A larger block is taken while its error stays within this factor of the smallest block's."""


@dataclass(frozen=True)
class Grid:
    """How a layer is quantized."""

    bits: Bits
    block: int
    symmetric: bool


@dataclass(frozen=True)
class Quantized:
    """A weight `[N, K]` as `MatMulNBits` reads it; `B` is ⌈K/block⌉ blocks in a row."""

    grid: Grid
    shape: tuple[int, int]
    packed: np.ndarray
    """uint8 [N, B, block·bits/8], low bits first; the last block filled with the zero point."""
    scales: np.ndarray
    """float32 [N, B]."""
    zero_points: np.ndarray | None
    """uint8 [N, ⌈B·bits/8⌉], low bits first; absent where the grid is symmetric around 2^(bits−1)."""

    def dequantized(self) -> np.ndarray:
        """The weight that the operator multiplies with, float32 [N, K]."""
        rows, columns = self.shape
        blocks = self.scales.shape[1]
        levels = _unpack(self.packed.reshape(rows, -1), self.grid.bits).reshape(rows, blocks, self.grid.block)
        if self.zero_points is None:
            zero = np.full((rows, blocks), 1 << (self.grid.bits - 1), dtype=np.uint8)
        else:
            zero = _unpack(self.zero_points, self.grid.bits)[:, :blocks]
        values = (levels.astype(np.float32) - zero[..., None].astype(np.float32)) * self.scales[..., None]
        return values.reshape(rows, -1)[:, :columns]


@dataclass(frozen=True)
class LayerError:
    """What quantization did to one layer."""

    layer: str
    shape: tuple[int, int]
    bits: int
    block: int
    symmetric: bool
    relative_error: float
    """‖W − W′‖ / ‖W‖."""
    weighted_error: float
    """The same with input channels weighted by their mean square in the calibration run."""

    def to_json(self) -> dict[str, object]:
        """A line of the report."""
        return {
            "layer": self.layer,
            "shape": list(self.shape),
            "bits": self.bits,
            "block": self.block,
            "symmetric": self.symmetric,
            "relativeError": round(self.relative_error, 6),
            "weightedError": round(self.weighted_error, 6),
        }


def _pack(levels: np.ndarray, bits: int) -> np.ndarray:
    """uint8 levels [R, n] to bytes [R, ⌈n·bits/8⌉]."""
    if bits == 8:
        return levels
    if levels.shape[1] % 2:
        levels = np.pad(levels, ((0, 0), (0, 1)))
    return levels[:, 0::2] | (levels[:, 1::2] << 4)


def _unpack(data: np.ndarray, bits: int) -> np.ndarray:
    """Inverse of `_pack`, with the filling."""
    if bits == 8:
        return data
    return np.stack([data & 15, data >> 4], axis=-1).reshape(data.shape[0], -1)


def _blocks(weight: torch.Tensor, block: int) -> torch.Tensor:
    """[N, K] to [N, B, block], zeros at the end of the last block."""
    rows, columns = weight.shape
    padded = torch.nn.functional.pad(weight, (0, -columns % block))
    return padded.view(rows, -1, block)


def _levels(blocks: torch.Tensor, grid: Grid, clip: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Levels, scales and zero points of [N, B, block] when the range of each block is cut to `clip` of it."""
    top = (1 << grid.bits) - 1
    middle = 1 << (grid.bits - 1)
    if grid.symmetric:
        # The end with the larger magnitude takes the level −2^(bits−1), which has no positive twin.
        high, low = blocks.amax(-1), blocks.amin(-1)
        extreme = torch.where(high > -low, high, low) * clip
        scale = -extreme / middle
        zero = torch.full_like(scale, middle)
    else:
        high = blocks.amax(-1).clamp(min=0) * clip
        low = blocks.amin(-1).clamp(max=0) * clip
        scale = (high - low) / top
        zero = torch.where(scale > 0, torch.round(-low / scale.clamp(min=1e-30)), middle).clamp(0, top)
    # Scales are stored as halves when activations are: what is rounded to them here stays exact there.
    scale = scale.to(torch.float16).to(torch.float32)
    scale = torch.where(scale == 0, torch.ones_like(scale), scale)
    levels = (torch.round(blocks / scale[..., None]) + zero[..., None]).clamp(0, top)
    return levels, scale, zero


def _squared_error(
    blocks: torch.Tensor,
    importance: torch.Tensor,
    levels: torch.Tensor,
    scale: torch.Tensor,
    zero: torch.Tensor,
) -> torch.Tensor:
    """Weighted squared error of each block, [N, B]."""
    difference = (levels - zero[..., None]) * scale[..., None] - blocks
    return (difference.square() * importance).sum(-1)


def _search(
    weight: torch.Tensor, importance: torch.Tensor, grid: Grid
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, float]:
    """The best clip of each block: levels, scales, zero points and the whole weighted squared error."""
    blocks = _blocks(weight, grid.block)
    weights = _blocks(importance[None], grid.block)
    best_levels, best_scale, best_zero = _levels(blocks, grid, CLIPS[0])
    best = _squared_error(blocks, weights, best_levels, best_scale, best_zero)
    for clip in CLIPS[1:]:
        levels, scale, zero = _levels(blocks, grid, clip)
        error = _squared_error(blocks, weights, levels, scale, zero)
        better = error < best
        best = torch.where(better, error, best)
        best_scale = torch.where(better, scale, best_scale)
        best_zero = torch.where(better, zero, best_zero)
        best_levels = torch.where(better[..., None], levels, best_levels)
    return best_levels, best_scale, best_zero, float(best.sum())


def choose_grid(weight: torch.Tensor, importance: torch.Tensor, bits: Bits) -> Grid:
    """Block size and kind of grid of a layer, from a sample of its rows.

    The largest block whose error is within `LARGER_BLOCK_TOLERANCE` of the best; asymmetric only where it
    is better.
    """
    step = max(1, weight.shape[0] // SAMPLE_ROWS)
    sample = weight[::step]
    errors: dict[Grid, float] = {}
    for block in BLOCK_SIZES:
        for symmetric in (True, False):
            grid = Grid(bits, block, symmetric)
            errors[grid] = _search(sample, importance, grid)[3]
    best = min(errors.values())
    allowed = [g for g, e in errors.items() if e <= best * LARGER_BLOCK_TOLERANCE**2]
    return max(allowed, key=lambda g: (g.block, g.symmetric))


def quantize(
    weight: np.ndarray, bits: Bits, importance: np.ndarray | None = None, grid: Grid | None = None
) -> Quantized:
    """Quantizes a weight [N, K] along K.

    `importance` [K] weights the error of each input channel; equal weights without it. `grid` fixes the
    choice.
    """
    tensor = torch.from_numpy(weight)
    channel = (
        torch.ones(weight.shape[1]) if importance is None else torch.from_numpy(importance).to(torch.float32)
    )
    chosen = grid or choose_grid(tensor, channel, bits)
    rows_at_once = max(1, (1 << 24) // weight.shape[1])
    parts = [_search(part, channel, chosen)[:3] for part in tensor.split(rows_at_once)]
    levels, scales, zeros = (torch.cat([part[i] for part in parts]) for i in range(3))
    rows, columns = weight.shape
    count = scales.shape[1]
    packed = _pack(levels.to(torch.uint8).numpy().reshape(rows, -1), bits).reshape(rows, count, -1)
    zero_points = None if chosen.symmetric else _pack(zeros.to(torch.uint8).numpy(), bits)
    return Quantized(chosen, (rows, columns), packed, scales.numpy(), zero_points)


def quantize_channels(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantizes a convolution's weight [O, …] to int8 [O, …] with a scale [O] for each output channel.

    The clip of each channel is the one with the smallest squared error.
    """
    rows = torch.from_numpy(weight).flatten(1)
    top = rows.abs().amax(1)
    best = torch.full_like(top, torch.inf)
    best_scale = torch.ones_like(top)
    for clip in CLIPS:
        scale = (top * clip / 127).to(torch.float16).to(torch.float32)
        scale = torch.where(scale == 0, torch.ones_like(scale), scale)
        levels = torch.round(rows / scale[:, None]).clamp(-127, 127)
        error = (levels * scale[:, None] - rows).square().sum(1)
        best_scale = torch.where(error < best, scale, best_scale)
        best = torch.minimum(best, error)
    levels = torch.round(rows / best_scale[:, None]).clamp(-127, 127)
    return levels.to(torch.int8).numpy().reshape(weight.shape), best_scale.numpy()


def layer_error(
    layer: str, weight: np.ndarray, quantized: Quantized, importance: np.ndarray | None
) -> LayerError:
    """Compares a weight with what is left of it."""
    difference = quantized.dequantized() - weight
    channel = np.ones(weight.shape[1], dtype=np.float32) if importance is None else importance
    weighted = np.sqrt((difference**2 * channel).sum() / max((weight**2 * channel).sum(), 1e-30))
    plain = np.linalg.norm(difference) / max(float(np.linalg.norm(weight)), 1e-30)
    grid = quantized.grid
    return LayerError(
        layer, quantized.shape, grid.bits, grid.block, grid.symmetric, float(plain), float(weighted)
    )


def channel_error(layer: str, weight: np.ndarray, levels: np.ndarray, scales: np.ndarray) -> LayerError:
    """Compares a convolution's weight with what `quantize_channels` left of it."""
    shape = (weight.shape[0], int(np.prod(weight.shape[1:])))
    rows = weight.reshape(shape)
    difference = levels.reshape(shape).astype(np.float32) * scales[:, None] - rows
    error = float(np.linalg.norm(difference) / max(float(np.linalg.norm(rows)), 1e-30))
    return LayerError(layer, shape, 8, shape[1], True, error, error)
