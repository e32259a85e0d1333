"""The autoencoder of LTX-Video: a picture's encoder for one frame, and the decoder for a temporal tile.

@source diffusers, `AutoencoderKLLTXVideo`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from diffusers.models.embeddings import get_timestep_embedding

from .checkpoint import Component, Scope
from .frames import Frames, Padding
from .graph import Border
from .layers import Layers

NORM_EPS = 1e-8


def _list(config: dict[str, object], name: str, usual: list[object]) -> list[object]:
    value = config.get(name)
    return list(value) if isinstance(value, (list, tuple)) else usual


def _one_frame(weight: np.ndarray) -> np.ndarray:
    """The taps over time summed: all of them see the same frame when there is one, since it is repeated in
    front."""
    return weight.astype(np.float64).sum(axis=2).astype(np.float32)


class _Encoder:
    """Layers of the encoder for exactly one frame, [1, C, H, W]."""

    def __init__(self, layers: Layers, eps: float) -> None:
        self.frames = Frames(layers)
        self.layers = layers
        self.eps = eps

    def conv(self, x: str, scope: Scope, stride: int = 1) -> str:
        """A causal convolution with its taps over time summed."""
        weight = _one_frame(scope.array("conv.weight"))
        return self.frames.conv2d(x, f"{scope.prefix}conv", weight, scope.array("conv.bias"), stride)

    def resnet(self, x: str, scope: Scope) -> str:
        """Two normed convolutions around which `x` goes, its channels changed where they have to."""
        return _resnet(self.frames, x, scope, self.eps, self.conv, None)

    def downsample(self, x: str, scope: Scope, channels: int, out: int, stride: tuple[int, int]) -> str:
        """`LTXVideoDownsampler3d`: the frame is repeated `stride[0]` times, then time and space go to
        channels."""
        g = self.layers.graph
        time, space = stride
        folded = time * space * space
        shortcut = self.frames.space_to_channels(x, channels, space, time)
        group = channels * folded // out
        if group > 1:
            sizes = g.op("Shape", shortcut, start=2, end=4)
            parted = g.op("Reshape", shortcut, g.op("Concat", g.ints(out, group), sizes, axis=0))
            shortcut = g.op("Unsqueeze", g.op("ReduceMean", parted, g.ints(1), keepdims=0), g.ints(0))
        y = self.conv(x, scope.at("conv"))
        return g.op("Add", self.frames.space_to_channels(y, out // folded, space, time), shortcut)


def _resnet(
    frames: Frames,
    x: str,
    scope: Scope,
    eps: float,
    conv: Callable[[str, Scope], str],
    modulation: np.ndarray | None,
) -> str:
    """`LTXVideoResnetBlock3d`; `modulation` [4, C] holds shift and scale before each convolution."""
    g = frames.graph
    if scope.has("per_channel_scale1"):
        raise ValueError("decoders that inject noise are not written")

    def shaped(y: str, first: int) -> str:
        if modulation is None:
            return y
        shift, scale = (modulation[first + k].reshape(-1, 1, 1) for k in (0, 1))
        y = g.op("Mul", y, g.weight(f"{scope.prefix}scale{first}", scale + np.float32(1)))
        return g.op("Add", y, g.weight(f"{scope.prefix}shift{first}", shift))

    y = frames.layers.silu(shaped(frames.rms_norm(x, NORM_EPS), 0))
    y = conv(y, scope.at("conv1"))
    y = frames.layers.silu(shaped(frames.rms_norm(y, NORM_EPS), 2))
    y = conv(y, scope.at("conv2"))
    if scope.has("norm3.weight"):
        x = frames.layer_norm(x, scope.at("norm3"), eps)
    if scope.has("conv_shortcut.conv.weight"):
        x = conv(x, scope.at("conv_shortcut"))
    return g.op("Add", y, x)


DOWN_STRIDES: dict[str, tuple[int, int]] = {"spatial": (1, 2), "temporal": (2, 1), "spatiotemporal": (2, 2)}


def write_encode(layers: Layers, component: Component) -> None:
    """`vae_encode`: `image` [1, 3, H, W] to the mean `latent` [1, C, h, w]."""
    g, config = layers.graph, component.config
    weights = Scope(component.weights).at("encoder")
    if not config.get("encoder_causal", True):
        raise ValueError("an encoder that looks ahead is not written")
    encoder = _Encoder(layers, float(str(config.get("resnet_norm_eps", 1e-6))))
    channels = [int(str(c)) for c in _list(config, "block_out_channels", [128, 256, 512, 512])]
    counts = [int(str(n)) for n in _list(config, "layers_per_block", [4, 3, 3, 3, 4])]
    scaling = [bool(s) for s in _list(config, "spatio_temporal_scaling", [True, True, True, False])]
    kinds = [str(k) for k in _list(config, "down_block_types", ["LTXVideoDownBlock3D"] * 4)]
    types = [str(k) for k in _list(config, "downsample_type", ["conv"] * 4)]
    latent = int(str(config["latent_channels"]))

    image = g.input(Border("image", "float32", (1, 3, "H", "W"), "RGB", (-1.0, 1.0)))
    first = weights.at("conv_in.conv")
    x = encoder.frames.patched_conv2d(
        image,
        first.prefix.rstrip("."),
        _one_frame(first.array("weight")),
        first.array("bias"),
        int(str(config["patch_size"])),
    )
    newer = kinds[-1] == "LTXVideo095DownBlock3D"
    width = channels[0]
    for i in range(len(channels) - (1 if newer else 0)):
        block = weights.at(f"down_blocks.{i}")
        out = channels[min(i + 1, len(channels) - 1)]
        for k in range(counts[i]):
            x = encoder.resnet(x, block.at(f"resnets.{k}"))
        if scaling[i]:
            down = block.at("downsamplers.0")
            if types[i] == "conv":
                x = encoder.conv(x, down, stride=2)
            else:
                x = encoder.downsample(x, down, width, out, DOWN_STRIDES[types[i]])
        if block.has("conv_out.conv1.conv.weight"):
            x = encoder.resnet(x, block.at("conv_out"))
        width = out
    for k in range(counts[-1]):
        x = encoder.resnet(x, weights.at(f"mid_block.resnets.{k}"))
    x = layers.silu(encoder.frames.rms_norm(x, NORM_EPS))
    last = weights.at("conv_out")
    # The channel after the latent's is the variance, which nobody asks for.
    kernel = _one_frame(last.array("conv.weight"))[:latent]
    x = encoder.frames.conv2d(x, f"{last.prefix}conv", kernel, last.array("conv.bias")[:latent])
    g.output(Border("latent", "float32", (1, latent, "h", "w"), "the mean, before normalising"), x)


@dataclass(frozen=True)
class _TimeEmbedding:
    """The decoder's timestep, which is the same for every clip, so that its branch becomes constants."""

    timestep: float

    def rows(self, scope: Scope) -> np.ndarray:
        """Output of `time_embedder` of `scope`, [n]."""
        embedder = scope.at("time_embedder.timestep_embedder")
        with torch.no_grad():
            x = get_timestep_embedding(
                torch.tensor([self.timestep], dtype=torch.float32),
                256,
                flip_sin_to_cos=True,
                downscale_freq_shift=0,
            )
            for i, name in enumerate(("linear_1", "linear_2")):
                x = torch.nn.functional.silu(x) if i else x
                w, b = (torch.from_numpy(embedder.array(f"{name}.{part}")) for part in ("weight", "bias"))
                x = torch.nn.functional.linear(x, w, b)
        return x[0].numpy()


def write_decode(layers: Layers, component: Component, timestep: float) -> None:
    """`vae_decode`: `latents` [1, C, F, h, w] to `frames` [1, 3, n, H, W] of about −1…1, not clipped.

    `timestep` is what a decoder that is conditioned on one was told; it is a constant of the graph.
    """
    g, config = layers.graph, component.config
    weights = Scope(component.weights).at("decoder")
    frames = Frames(layers)
    padding: Padding = "causal" if config.get("decoder_causal", False) else "replicate"
    eps = float(str(config.get("resnet_norm_eps", 1e-6)))
    channels = [int(str(c)) for c in _list(config, "decoder_block_out_channels", [128, 256, 512, 512])][::-1]
    counts = [int(str(n)) for n in _list(config, "decoder_layers_per_block", [4, 3, 3, 3, 4])][::-1]
    scaling = [bool(s) for s in _list(config, "decoder_spatio_temporal_scaling", [True, True, True, False])][
        ::-1
    ]
    residual = [bool(r) for r in _list(config, "upsample_residual", [False] * 4)][::-1]
    factors = [int(str(f)) for f in _list(config, "upsample_factor", [1] * 4)][::-1]
    latent = int(str(config["latent_channels"]))
    embedding: _TimeEmbedding | None = None
    if config.get("timestep_conditioning", False):
        embedding = _TimeEmbedding(timestep * float(weights.array("timestep_scale_multiplier")))

    def conv(x: str, scope: Scope) -> str:
        return frames.conv3d(x, scope.at("conv"), padding)

    def resnets(x: str, block: Scope, names: list[str]) -> str:
        rows = None if embedding is None else embedding.rows(block).reshape(4, -1)
        for name in names:
            scope = block.at(name)
            shaped = None if rows is None else rows + scope.array("scale_shift_table")
            x = _resnet(frames, x, scope, eps, conv, shaped)
        return x

    latents = g.input(Border("latents", "float32", (1, latent, "F", "h", "w")))
    x = conv(frames.from_video(latents), weights.at("conv_in"))
    x = resnets(x, weights.at("mid_block"), [f"resnets.{k}" for k in range(counts[0])])
    width = channels[0]
    for i, target in enumerate(channels):
        block = weights.at(f"up_blocks.{i}")
        width_in, width = width // factors[i], target // factors[i]
        if width_in != width and embedding is not None:
            raise ValueError("a conditioned block that changes its width is not written")
        if block.has("conv_in.conv1.conv.weight"):
            x = resnets(x, block, ["conv_in"])
        if scaling[i]:
            x = _upsample(
                frames, x, block.at("upsamplers.0"), width * factors[i], factors[i], residual[i], padding
            )
        x = resnets(x, block, [f"resnets.{k}" for k in range(counts[i + 1])])
    x = frames.rms_norm(x, NORM_EPS)
    if embedding is not None:
        shift, scale = (embedding.rows(weights).reshape(2, -1) + weights.array("scale_shift_table"))[
            ..., None, None
        ]
        x = g.op("Mul", x, g.weight("decoder.scale", scale + np.float32(1)))
        x = g.op("Add", x, g.weight("decoder.shift", shift))
    x = layers.silu(x)
    patch = int(str(config["patch_size"]))
    x = frames.conv3d(x, _SwappedRows(weights.at("conv_out.conv"), patch), padding)
    x = g.op("DepthToSpace", x, blocksize=patch, mode="CRD") if patch > 1 else x
    g.output(
        Border("frames", "float32", (1, 3, "n", "H", "W"), "about −1…1, not clipped"), frames.to_video(x)
    )


def _upsample(
    frames: Frames, x: str, scope: Scope, channels: int, factor: int, residual: bool, padding: Padding
) -> str:
    """`LTXVideoUpsampler3d`: channels become time and space, the first of the new frames goes; `channels`
    go in."""
    g = frames.graph
    y = frames.conv3d(x, scope.at("conv.conv"), padding)
    y = frames.channels_to_time_and_space(y, channels // factor)
    if not residual:
        return y
    shortcut = frames.channels_to_time_and_space(x, channels // 8)
    repeats = 8 // factor
    if repeats > 1:
        shortcut = g.op("Concat", *[shortcut] * repeats, axis=1)
    return g.op("Add", y, shortcut)


class _SwappedRows(Scope):
    """The last convolution with its output channels as colours, rows, columns; stored as colours, columns,
    rows."""

    def __init__(self, scope: Scope, patch: int) -> None:
        super().__init__(scope.weights, scope.prefix)
        object.__setattr__(self, "_patch", patch)

    def array(self, name: str) -> np.ndarray:
        """The tensor with its first axis reordered."""
        stored = super().array(name)
        patch: int = self.__dict__["_patch"]
        order = np.arange(stored.shape[0]).reshape(-1, patch, patch).transpose(0, 2, 1).reshape(-1)
        return np.ascontiguousarray(stored[order])
