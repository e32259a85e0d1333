"""The denoiser of Wan2.2 TI2V as two graphs: what depends on the prompt only, and one step.

@source diffusers, `WanTransformer3DModel` with a timestep per token.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .checkpoint import Component, Scope
from .graph import Border
from .layers import Layers
from .modulation import Rotary, Rows, pick_context


@dataclass(frozen=True)
class WanShape:
    """Sizes of a `WanTransformer3DModel`."""

    patch: tuple[int, int, int]
    channels: int
    out_channels: int
    heads: int
    head_width: int
    layers: int
    text_width: int
    time_width: int
    eps: float
    cross_norm: bool

    @property
    def width(self) -> int:
        """D."""
        return self.heads * self.head_width

    @property
    def split(self) -> tuple[int, int, int]:
        """Parts of a head that turn with frames, rows and columns."""
        side = 2 * (self.head_width // 6)
        return self.head_width - 2 * side, side, side

    @staticmethod
    def of(config: dict[str, object]) -> WanShape:
        """Sizes from `config.json`; refuses what the graphs do not cover."""
        if config.get("image_dim") is not None or config.get("added_kv_proj_dim") is not None:
            raise ValueError("denoisers with a picture's embedding are not written")
        if config.get("qk_norm", "rms_norm_across_heads") != "rms_norm_across_heads":
            raise ValueError(f"unknown norm of queries and keys {config['qk_norm']}")

        def size(name: str, usual: int) -> int:
            return int(str(config.get(name, usual)))

        patch = config.get("patch_size", [1, 2, 2])
        assert isinstance(patch, (list, tuple))
        time, rows, columns = (int(str(p)) for p in patch)
        channels = size("in_channels", 48)
        return WanShape(
            patch=(time, rows, columns),
            channels=channels,
            out_channels=size("out_channels", channels),
            heads=size("num_attention_heads", 24),
            head_width=size("attention_head_dim", 128),
            layers=size("num_layers", 30),
            text_width=size("text_dim", 4096),
            time_width=size("freq_dim", 256),
            eps=float(str(config.get("eps", 1e-6))),
            cross_norm=bool(config.get("cross_attn_norm", True)),
        )


def write_context(layers: Layers, component: Component, words: int) -> None:
    """`dit_context`: `embedding` [1, T, E] to `context` [L, 2, words, D].

    This model has learnt with prompts filled up by zeros that are not hidden from it; the graph does that.
    """
    g, shape = layers.graph, WanShape.of(component.config)
    weights = Scope(component.weights)
    embedding = g.input(Border("embedding", "float32", (1, "T", shape.text_width), "padding dropped"))
    missing = g.op("Max", g.op("Sub", g.ints(words), g.op("Shape", embedding, start=1, end=2)), g.ints(0))
    pads = g.op("Concat", g.ints(0, 0, 0, 0), missing, g.ints(0), axis=0)
    x = g.op("Pad", embedding, pads, g.floats(0.0))
    text = weights.at("condition_embedder.text_embedder")
    x = layers.linear(x, text.at("linear_1"), bulk=False)
    x = layers.linear(layers.gelu_tanh(x), text.at("linear_2"), bulk=False)
    parts: list[str] = []
    for i in range(shape.layers):
        attention = weights.at(f"blocks.{i}.attn2")
        key = layers.linear(x, attention.at("to_k"))
        gain = attention.array("norm_k.weight")
        parts.append(layers.rms_norm(key, f"{attention.prefix}norm_k.weight", gain, shape.eps))
        parts.append(layers.linear(x, attention.at("to_v")))
    flat = layers.tree_concat(parts, axis=0)
    stacked = g.op("Reshape", flat, g.ints(shape.layers, 2, words, shape.width))
    g.output(
        Border("context", "float32", (shape.layers, 2, words, shape.width), "keys and values of each layer"),
        stacked,
    )


def write_step(layers: Layers, component: Component, words: int) -> None:
    """`dit_step`: one evaluation of the velocity; see the table of borders in `src/contracts/flow.ts`."""
    g, shape = layers.graph, WanShape.of(component.config)
    weights = Scope(component.weights)
    width, cells = shape.width, math.prod(shape.patch)
    latents = g.input(Border("latents", "float32", (1, "N", shape.channels * cells)))
    context = g.input(Border("context", "float32", (shape.layers, 2, words, width)))
    cos = g.input(Border("cos", "float32", (1, "N", shape.head_width)))
    sin = g.input(Border("sin", "float32", (1, "N", shape.head_width)))
    timesteps = g.input(Border("timesteps", "float32", (2,), "where mask is 1, where mask is 0"))
    mask = g.input(Border("mask", "float32", (1, "N", 1), "1 on the picture's own tokens"))

    rows = Rows(g, mask)
    rotary = Rotary(g, *(g.op("Unsqueeze", angle, g.ints(2)) for angle in (cos, sin)), shape.head_width)
    flat = g.op("Reshape", context, g.ints(2 * shape.layers, words, width))
    embedder = weights.at("condition_embedder")
    embedded = layers.linear(
        layers.sinusoid(timesteps, shape.time_width), embedder.at("time_embedder.linear_1"), bulk=False
    )
    embedded = layers.linear(layers.silu(embedded), embedder.at("time_embedder.linear_2"), bulk=False)
    table = layers.linear(layers.silu(embedded), embedder.at("time_proj"), bulk=False)
    table = g.op("Reshape", table, g.ints(2, 6, width))

    # A convolution that steps by its own size is a product with each patch.
    patch = weights.at("patch_embedding")
    kernel = patch.array("weight").reshape(width, -1)
    x = layers.product(latents, "patch_embedding", kernel, patch.array("bias"), bulk=False)
    for i in range(shape.layers):
        x = _block(layers, weights.at(f"blocks.{i}"), shape, x, table, rows, rotary, pick_context(g, flat, i))

    both = g.op("Reshape", embedded, g.ints(2, 1, width))
    shift, scale = rows.select(both, "scale_shift_table", weights.array("scale_shift_table")[0])
    x = rows.modulate(_plain_norm(layers, x, width, shape.eps), scale, shift)
    # Stored with a token's channels innermost; the border has them outermost.
    order = np.arange(cells * shape.out_channels).reshape(cells, shape.out_channels).T.reshape(-1)
    last = weights.at("proj_out")
    velocity = layers.product(
        x,
        "proj_out",
        np.ascontiguousarray(last.array("weight")[order]),
        last.array("bias")[order],
        bulk=False,
    )
    g.output(Border("velocity", "float32", (1, "N", shape.out_channels * cells)), velocity)


def _plain_norm(layers: Layers, x: str, width: int, eps: float) -> str:
    """A layer norm without weights."""
    ones, zeros = np.ones(width, np.float32), np.zeros(width, np.float32)
    return layers.layer_norm(x, "plain_norm", ones, zeros, eps)


def _block(
    layers: Layers,
    block: Scope,
    shape: WanShape,
    x: str,
    table: str,
    rows: Rows,
    rotary: Rotary,
    context: tuple[str, str],
) -> str:
    """A transformer block: `x` [1, N, D] to the same."""
    g = layers.graph
    heads, head_width, eps = shape.heads, shape.head_width, shape.eps
    scale = head_width**-0.5
    shift_a, scale_a, gate_a, shift_f, scale_f, gate_f = rows.select(
        table, f"{block.prefix}scale_shift_table", block.array("scale_shift_table")[0]
    )

    def qk(value: str, scope: Scope, which: str) -> str:
        projected = layers.linear(value, scope.at(f"to_{which}"))
        gain = scope.array(f"norm_{which}.weight")
        return layers.rms_norm(projected, f"{scope.prefix}norm_{which}.weight", gain, eps)

    def turned(value: str) -> str:
        parted = g.op("Reshape", value, g.ints(0, 0, heads, head_width))
        return g.op("Reshape", rotary.apply(parted), g.ints(0, 0, shape.width))

    own = block.at("attn1")
    y = rows.modulate(_plain_norm(layers, x, shape.width, eps), scale_a, shift_a)
    query, key = turned(qk(y, own, "q")), turned(qk(y, own, "k"))
    mixed = layers.attention(query, key, layers.linear(y, own.at("to_v")), heads, head_width, scale=scale)
    x = g.op("Add", x, g.op("Mul", layers.linear(mixed, own.at("to_out.0")), gate_a))

    cross = block.at("attn2")
    y = x
    if shape.cross_norm:
        norm = block.at("norm2")
        y = layers.layer_norm(x, f"{norm.prefix}weight", norm.array("weight"), norm.array("bias"), eps)
    mixed = layers.attention(qk(y, cross, "q"), *context, heads, head_width, scale=scale)
    x = g.op("Add", x, layers.linear(mixed, cross.at("to_out.0")))

    y = rows.modulate(_plain_norm(layers, x, shape.width, eps), scale_f, shift_f)
    y = layers.linear(layers.gelu_tanh(layers.linear(y, block.at("ffn.net.0.proj"))), block.at("ffn.net.2"))
    return g.op("Add", x, g.op("Mul", y, gate_f))
