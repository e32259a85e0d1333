"""A tiny decoder for Wan's latents: convolutions over pictures, and a memory of one frame per block.

The layout of its weights is that of the published TAEHV checkpoints: `decoder.{i}` counts the layers of one
sequence.
@source madebyollin/taehv (MIT).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .checkpoint import FileWeights, Scope, StateWeights, Weights
from .frames import Frames
from .graph import Border
from .layers import Layers

BLOCKS = 3
"""Blocks with a memory in each of the three stages."""

STAGES = ((3, 7, 8), (9, 13, 14), (15, 19, 20))
"""First block, growth over time, and convolution at the end of each stage."""

LAST = 22


@dataclass(frozen=True)
class TaehvShape:
    """Sizes of a decoder; the published ones have widths 256, 128, 64, 64."""

    channels: int
    widths: tuple[int, int, int, int]
    patch: int
    growth: tuple[int, int, int]
    """Frames per frame after each stage."""

    @property
    def temporal(self) -> int:
        """Frames per latent frame."""
        return int(np.prod(self.growth))

    @property
    def spatial(self) -> int:
        """Pixels per latent cell's side."""
        return 8 * self.patch

    def memory(self) -> list[dict[str, int]]:
        """Channels, and rows and columns as multiples of the latent's, of each block's memory."""
        return [
            {"channels": width, "scale": 1 << stage}
            for stage, width in enumerate(self.widths[:3])
            for _ in range(BLOCKS)
        ]

    @staticmethod
    def of(weights: Weights) -> TaehvShape:
        """Sizes read off the weights."""
        own = Scope(weights, "decoder.")
        first = own.array("1.weight").shape
        widths = [own.array(f"{conv}.weight").shape for _, _, conv in STAGES]
        growth = [own.array(f"{grow}.conv.weight").shape for _, grow, _ in STAGES]
        patch = round((own.array(f"{LAST}.weight").shape[0] / 3) ** 0.5)
        return TaehvShape(
            channels=first[1],
            widths=(first[0], widths[0][0], widths[1][0], widths[2][0]),
            patch=patch,
            growth=(growth[0][0] // growth[0][1], growth[1][0] // growth[1][1], growth[2][0] // growth[2][1]),
        )


def open_decoder(file: Path) -> Weights:
    """Weights of a published checkpoint: `.safetensors` or `.pth`."""
    if file.suffix == ".safetensors":
        return FileWeights([file])
    return StateWeights(torch.load(file, map_location="cpu", weights_only=True, mmap=True))


class MemoryBlock(nn.Module):
    """Three convolutions over a frame and the one before it, around which the frame goes."""

    def __init__(self, width: int) -> None:
        super().__init__()
        convs = [nn.Conv2d(width * (2 if i == 0 else 1), width, 3, padding=1) for i in range(3)]
        self.conv = nn.Sequential(convs[0], nn.ReLU(), convs[1], nn.ReLU(), convs[2])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Frames [F, C, H, W] to the same; there are zeros before the first."""
        before = torch.cat([torch.zeros_like(x[:1]), x[:-1]])
        return functional.relu(self.conv(torch.cat([x, before], dim=1)) + x)


class Growth(nn.Module):
    """One frame to several: the channels hold them one after another."""

    def __init__(self, width: int, factor: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width * factor, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[F, C, H, W] to [F·factor, C, H, W]."""
        return self.conv(x).reshape(-1, *x.shape[1:])


class Taehv(nn.Module):
    """The decoder for a whole clip at once, for reference; its state dict has the published layout."""

    def __init__(self, shape: TaehvShape) -> None:
        super().__init__()
        self.shape = shape
        w = shape.widths
        layers: list[nn.Module] = [nn.Identity(), nn.Conv2d(shape.channels, w[0], 3, padding=1), nn.ReLU()]
        for stage in range(3):
            layers += [MemoryBlock(w[stage]) for _ in range(BLOCKS)]
            layers += [nn.Upsample(scale_factor=2), Growth(w[stage], shape.growth[stage])]
            layers += [nn.Conv2d(w[stage], w[stage + 1], 3, padding=1, bias=False)]
        layers += [nn.ReLU(), nn.Conv2d(w[3], 3 * shape.patch**2, 3, padding=1)]
        self.decoder = nn.Sequential(*layers)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Normalised latents [1, C, F, h, w] to frames [1, 3, F·temporal, H, W] of about 0…1, none
        dropped."""
        x = torch.tanh(latents[0].transpose(0, 1) / 3) * 3
        x = functional.pixel_shuffle(self.decoder(x), self.shape.patch)
        return x.transpose(0, 1)[None]


def write_decode(layers: Layers, weights: Weights) -> None:
    """`vae_decode`: normalised `latents` [1, C, h, w] and each block's memory to `frames` and the next
    memory."""
    g = layers.graph
    frames = Frames(layers)
    own, shape = Scope(weights, "decoder."), TaehvShape.of(weights)
    latents = g.input(Border("latents", "float32", (1, shape.channels, "h", "w"), "normalised"))
    memory = [
        g.input(
            Border(f"memory_{i}", "float32", (1, m["channels"], *_sides(m["scale"])), "zeros at the start")
        )
        for i, m in enumerate(shape.memory())
    ]
    kept: list[str] = []

    def conv(x: str, scope: Scope) -> str:
        bias = scope.array("bias") if scope.has("bias") else None
        return frames.conv2d(x, scope.prefix.rstrip("."), scope.array("weight"), bias)

    def block(x: str, scope: Scope, count: int) -> str:
        before = memory[len(kept)]
        if count > 1:
            before = g.op("Concat", before, frames.part(x, 0, -1), axis=0)
        kept.append(frames.part(x, -1, np.iinfo(np.int64).max) if count > 1 else x)
        y = conv(g.op("Concat", x, before, axis=1), scope.at("conv.0"))
        y = conv(g.op("Relu", y), scope.at("conv.2"))
        y = conv(g.op("Relu", y), scope.at("conv.4"))
        return g.op("Relu", g.op("Add", y, x))

    x = g.op("Mul", g.op("Tanh", g.op("Div", latents, g.floats(3.0))), g.floats(3.0))
    x = g.op("Relu", conv(x, own.at("1")))
    count = 1
    for stage, (first, grow, last) in enumerate(STAGES):
        for k in range(BLOCKS):
            x = block(x, own.at(str(first + k)), count)
        # Growth mixes channels of one cell only, so it may come before each cell is repeated, at a quarter
        # of the work.
        x = conv(x, own.at(f"{grow}.conv"))
        factor = shape.growth[stage]
        if factor > 1:
            sizes = g.op("Shape", x, start=2, end=4)
            count *= factor
            x = g.op("Reshape", x, g.op("Concat", g.ints(count, shape.widths[stage]), sizes, axis=0))
        x = frames.doubled(x)
        x = conv(x, own.at(str(last)))
    x = conv(g.op("Relu", x), own.at(str(LAST)))
    if shape.patch > 1:
        x = g.op("DepthToSpace", x, blocksize=shape.patch, mode="CRD")
    video = Border("frames", "float32", (1, 3, shape.temporal, "H", "W"), "about 0…1, not clipped")
    g.output(video, frames.to_video(x))
    for i, (value, m) in enumerate(zip(kept, shape.memory(), strict=True)):
        g.output(Border(f"next_memory_{i}", "float32", (1, m["channels"], *_sides(m["scale"]))), value)


def _sides(scale: int) -> tuple[str, str]:
    """Names of rows and columns at a multiple of the latent's."""
    return ("h", "w") if scale == 1 else (f"{scale}h", f"{scale}w")
