"""The picture's encoder of Wan2.2's autoencoder, for exactly one frame.

The first frame of a clip is convolved with two frames of zeros before it, so only the last tap over time
counts, and what joins frames in time is left out by the real class too.
@source diffusers, `AutoencoderKLWan` with `is_residual`.
"""

from __future__ import annotations

import itertools

import numpy as np

from .checkpoint import Component, Scope
from .frames import Frames
from .graph import Border
from .layers import Layers

NORM_EPS = 1e-24
"""The real class divides by at least 1e-12."""


def _last_tap(weight: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(weight[:, :, -1])


class _Encoder:
    """Layers of the encoder over [1, C, H, W]."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.frames = Frames(layers)

    def conv(self, x: str, scope: Scope) -> str:
        """A causal convolution of the first frame."""
        weight = _last_tap(scope.array("weight"))
        return self.frames.conv2d(x, scope.prefix.rstrip("."), weight, scope.array("bias"))

    def norm(self, x: str, scope: Scope) -> str:
        """Unit length over channels, times √C and `gamma`."""
        gain = scope.array("gamma").reshape(-1, 1, 1)
        return self.frames.rms_norm(x, NORM_EPS, self.layers.graph.weight(f"{scope.prefix}gamma", gain))

    def resnet(self, x: str, scope: Scope) -> str:
        """`WanResidualBlock`."""
        shortcut = self.conv(x, scope.at("conv_shortcut")) if scope.has("conv_shortcut.weight") else x
        y = self.conv(self.layers.silu(self.norm(x, scope.at("norm1"))), scope.at("conv1"))
        y = self.conv(self.layers.silu(self.norm(y, scope.at("norm2"))), scope.at("conv2"))
        return self.layers.graph.op("Add", y, shortcut)

    def halved(self, x: str, scope: Scope) -> str:
        """`WanResample` downwards: a row and a column of zeros at the end, then every second."""
        conv = scope.at("resample.1")
        return self.frames.conv2d(
            x, conv.prefix.rstrip("."), conv.array("weight"), conv.array("bias"), stride=2, pads=(0, 0, 1, 1)
        )

    def averaged(self, x: str, channels: int, out: int, time: int, space: int) -> str:
        """`AvgDown3D`: time and space to channels, groups of which are averaged; the frames before are
        zeros."""
        g = self.layers.graph
        wide = self.frames.space_to_channels(x, channels, space)
        if time > 1:
            sizes = g.op("Shape", wide, start=2, end=4)
            cells = space * space
            parted = g.op("Reshape", wide, g.op("Concat", g.ints(1, channels, cells), sizes, axis=0))
            zeros = g.op("Mul", parted, g.floats(0.0))
            joined = g.op("Concat", *[zeros] * (time - 1), parted, axis=2)
            wide = g.op("Reshape", joined, g.op("Concat", g.ints(1, channels * time * cells), sizes, axis=0))
        group = channels * time * space * space // out
        if group == 1:
            return wide
        sizes = g.op("Shape", wide, start=2, end=4)
        parted = g.op("Reshape", wide, g.op("Concat", g.ints(out, group), sizes, axis=0))
        return g.op("Unsqueeze", g.op("ReduceMean", parted, g.ints(1), keepdims=0), g.ints(0))

    def attention(self, x: str, scope: Scope, channels: int) -> str:
        """`WanAttentionBlock`: one head over all cells of the frame."""
        g = self.layers.graph
        sizes = g.op("Shape", x, start=2, end=4)
        maps = self.frames.conv2d(
            self.norm(x, scope.at("norm")),
            f"{scope.prefix}to_qkv",
            scope.array("to_qkv.weight"),
            scope.array("to_qkv.bias"),
        )
        flat = g.op("Reshape", maps, g.ints(1, 3 * channels, -1))
        q, k, v = g.ops("Split", [flat], 3, axis=1, num_outputs=3)
        turned = g.op("Transpose", g.op("Mul", q, g.floats(channels**-0.5)), perm=[0, 2, 1])
        shares = g.op("Softmax", g.op("MatMul", turned, k), axis=-1)
        mixed = g.op("MatMul", v, g.op("Transpose", shares, perm=[0, 2, 1]))
        y = g.op("Reshape", mixed, g.op("Concat", g.ints(1, channels), sizes, axis=0))
        proj = scope.at("proj")
        y = self.frames.conv2d(y, proj.prefix.rstrip("."), proj.array("weight"), proj.array("bias"))
        return g.op("Add", y, x)


def write_encode(layers: Layers, component: Component) -> None:
    """`vae_encode`: `image` [1, 3, H, W] to the mean `latent` [1, C, h, w]."""
    g, config = layers.graph, component.config
    if not config.get("is_residual", False):
        raise ValueError("only the autoencoder of Wan2.2 is written")
    weights = Scope(component.weights)
    encoder = _Encoder(layers)
    own = weights.at("encoder")
    base, latent = int(str(config["base_dim"])), int(str(config["z_dim"]))
    factors, temporal = config["dim_mult"], config["temperal_downsample"]
    assert isinstance(factors, list)
    assert isinstance(temporal, list)
    widths = [base, *(base * int(f) for f in factors)]

    image = g.input(Border("image", "float32", (1, 3, "H", "W"), "RGB", (-1.0, 1.0)))
    first = own.at("conv_in")
    patch = int(str(config.get("patch_size") or 1))
    x = encoder.frames.patched_conv2d(
        image, first.prefix.rstrip("."), _last_tap(first.array("weight")), first.array("bias"), patch
    )
    for i, (width, out) in enumerate(itertools.pairwise(widths)):
        block = own.at(f"down_blocks.{i}")
        last = i == len(factors) - 1
        time = 2 if not last and temporal[i] else 1
        shortcut = encoder.averaged(x, width, out, time, 1 if last else 2)
        for k in range(int(str(config["num_res_blocks"]))):
            x = encoder.resnet(x, block.at(f"resnets.{k}"))
        if not last:
            x = encoder.halved(x, block.at("downsampler"))
        x = g.op("Add", x, shortcut)
    x = encoder.resnet(x, own.at("mid_block.resnets.0"))
    x = encoder.attention(x, own.at("mid_block.attentions.0"), widths[-1])
    x = encoder.resnet(x, own.at("mid_block.resnets.1"))
    x = encoder.conv(layers.silu(encoder.norm(x, own.at("norm_out"))), own.at("conv_out"))
    # The second half of the channels is the variance, which nobody asks for.
    quant = weights.at("quant_conv")
    kernel = _last_tap(quant.array("weight"))[:latent]
    x = encoder.frames.conv2d(x, "quant_conv", kernel, quant.array("bias")[:latent])
    g.output(Border("latent", "float32", (1, latent, "h", "w"), "the mean, before normalising"), x)
