from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from running import relative_error, run_graph
from torch import from_numpy

from stillwake_export.graph import Border, Graph
from stillwake_export.layers import Layers, Precision
from stillwake_export.quantize import (
    BLOCK_SIZES,
    Bits,
    Grid,
    channel_error,
    choose_grid,
    layer_error,
    quantize,
    quantize_channels,
)

GRIDS = [
    Grid(bits, block, symmetric) for bits in (4, 8) for block in BLOCK_SIZES for symmetric in (True, False)
]


def gaussian(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("grid", GRIDS)
def test_values_on_the_grid_survive(grid: Grid) -> None:
    random = np.random.default_rng(1)
    top, middle = (1 << grid.bits) - 1, 1 << (grid.bits - 1)
    levels = random.integers(0, top + 1, (6, 2, grid.block))
    # Both ends of the grid are there, so that the whole range is the best one.
    levels[..., 0], levels[..., 1] = 0, top
    zero = middle if grid.symmetric else 3
    weight = ((levels - zero) * np.float32(0.0625)).astype(np.float32).reshape(6, -1)
    assert np.array_equal(quantize(weight, grid.bits, grid=grid).dequantized(), weight)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("columns", [96, 130, 33])
def test_operator_multiplies_with_the_dequantized_weight(grid: Grid, columns: int, tmp_path: Path) -> None:
    weight, x = gaussian(2, 40, columns), gaussian(3, 1, 5, columns)
    graph = Graph("product", tmp_path)
    layers = Layers(graph, Precision(weights="int4" if grid.bits == 4 else "int8", grid=grid))
    name = graph.input(Border("x", "float32", (1, "N", columns)))
    graph.output(Border("y", "float32", (1, "N", 40)), layers.product(name, "layer", weight, None))
    graph.save()
    (y,) = run_graph(tmp_path, "product", {"x": x})
    quantized = quantize(weight, grid.bits, grid=grid)
    assert relative_error(y, x @ quantized.dequantized().T) <= 1e-5
    assert layers.report[0] == layer_error("layer", weight, quantized, None)


@pytest.mark.parametrize(("bits", "bound"), [(4, 0.12), (8, 0.008)])
def test_error_of_gaussian_weights(bits: Bits, bound: float) -> None:
    weight = gaussian(4, 64, 256)
    error = layer_error("layer", weight, quantize(weight, bits), None)
    assert 0 < error.relative_error <= bound


def test_clipping_lowers_the_error() -> None:
    weight = gaussian(5, 32, 128)
    weight[:, ::64] *= 1.6
    grid = Grid(4, 64, True)
    blocks = weight.reshape(32, 2, 64)
    index = np.abs(blocks).argmax(-1)[..., None]
    scale = -np.take_along_axis(blocks, index, -1) / 8
    plain = (np.clip(np.round(blocks / scale), -8, 7) * scale).reshape(32, 128)
    assert (
        np.square(quantize(weight, 4, grid=grid).dequantized() - weight).sum()
        < np.square(plain - weight).sum()
    )


def test_important_channels_are_kept_better() -> None:
    weight = gaussian(6, 64, 128)
    importance = np.where(np.arange(128) < 16, 100.0, 1.0).astype(np.float32)
    grid = Grid(4, 128, False)
    plain = quantize(weight, 4, grid=grid).dequantized() - weight
    weighted = quantize(weight, 4, importance, grid).dequantized() - weight
    assert np.square(weighted[:, :16]).sum() < np.square(plain[:, :16]).sum()


def test_choice_of_grid() -> None:
    ones = from_numpy(np.ones(256, np.float32))
    lopsided = np.abs(gaussian(7, 64, 256))
    assert not choose_grid(from_numpy(lopsided), ones, 4).symmetric
    steps = np.tile(np.arange(16, dtype=np.float32) - 8, (64, 16))
    assert choose_grid(from_numpy(steps), ones, 4) == Grid(4, 128, True)
    assert choose_grid(from_numpy(gaussian(8, 64, 256) ** 3), ones, 4).block == 32


def test_channels_of_a_convolution() -> None:
    weight = gaussian(9, 12, 4, 3, 3) * np.arange(1, 13, dtype=np.float32).reshape(-1, 1, 1, 1)
    levels, scales = quantize_channels(weight)
    assert levels.dtype == np.int8
    error = channel_error("conv", weight, levels, scales)
    assert 0 < error.relative_error <= 0.008
    on_grid = levels.astype(np.float32) * scales.reshape(-1, 1, 1, 1)
    on_grid.reshape(12, -1)[:, 0] = 127 * scales
    again, same = quantize_channels(on_grid)
    assert np.array_equal(again * same.reshape(-1, 1, 1, 1), on_grid)
