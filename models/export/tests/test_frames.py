from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from running import relative_error, run_graph

from stillwake_export.checkpoint import Scope, StateWeights
from stillwake_export.frames import Frames, Padding
from stillwake_export.graph import Border, Graph
from stillwake_export.layers import Layers, Precision


def normal(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("padding", ["replicate", "causal"])
@pytest.mark.parametrize("frames", [1, 2, 5])
@pytest.mark.parametrize("taps", [1, 3])
def test_convolution_over_time(tmp_path: Path, padding: Padding, frames: int, taps: int) -> None:
    conv = torch.nn.Conv3d(4, 6, (taps, 3, 3), padding=(0, 1, 1))
    with torch.no_grad():
        conv.weight.copy_(normal(1, *conv.weight.shape))
        conv.bias.copy_(normal(2, 6))
    x = normal(3, 1, 4, frames, 5, 7)
    graph = Graph("conv", tmp_path)
    builder = Frames(Layers(graph, Precision()))
    video = graph.input(Border("x", "float32", (1, 4, "F", "h", "w")))
    scope = Scope(StateWeights({f"layer.{k}": v for k, v in conv.state_dict().items()}), "layer.")
    y = builder.conv3d(builder.from_video(video), scope, padding)
    graph.output(Border("y", "float32", (1, 6, "F", "h", "w")), builder.to_video(y))
    graph.save()
    before, after = (0, 0) if taps == 1 else ((1, 1) if padding == "replicate" else (2, 0))
    padded = torch.cat([x[:, :, :1]] * before + [x] + [x[:, :, -1:]] * after, dim=2)
    with torch.no_grad():
        expected = conv(padded).numpy()
    (actual,) = run_graph(tmp_path, "conv", {"x": x.numpy()})
    assert relative_error(actual, expected) <= 1e-6


def test_rearrangements(tmp_path: Path) -> None:
    graph = Graph("move", tmp_path)
    builder = Frames(Layers(graph, Precision()))
    x = graph.input(Border("x", "float32", ("F", 24, "h", "w")))
    p = graph.input(Border("p", "float32", (1, 3, "H", "W")))
    graph.output(Border("y", "float32", ("n", 3, "H", "W")), builder.channels_to_time_and_space(x, 3))
    graph.output(Border("q", "float32", (1, 24, "h", "w")), builder.space_to_channels(p, 3, 2, repeats=2))
    graph.save()
    feeds = {"x": normal(5, 2, 24, 3, 4).numpy(), "p": normal(6, 1, 3, 6, 4).numpy()}
    y, q = run_graph(tmp_path, "move", feeds)
    wide = feeds["x"].reshape(2, 3, 2, 2, 2, 3, 4).transpose(0, 2, 1, 5, 3, 6, 4).reshape(4, 3, 6, 8)
    assert np.array_equal(y, wide[1:])
    cells = feeds["p"].reshape(3, 3, 2, 2, 2).transpose(0, 2, 4, 1, 3).reshape(3, 1, 4, 3, 2)
    assert np.array_equal(q, np.repeat(cells, 2, axis=1).reshape(1, 24, 3, 2))
