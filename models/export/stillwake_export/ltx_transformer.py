"""The denoiser of LTX-Video as two graphs: what depends on the prompt only, and one step.

@source diffusers, `LTXVideoTransformer3DModel`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .checkpoint import Component, Scope
from .graph import Border
from .layers import Layers
from .modulation import Rotary, Rows, pick_context

QK_EPS = 1e-5
OUT_EPS = 1e-6


@dataclass(frozen=True)
class LtxShape:
    """Sizes of an `LTXVideoTransformer3DModel`."""

    channels: int
    out_channels: int
    heads: int
    head_width: int
    cross_width: int
    layers: int
    caption_width: int
    eps: float

    @property
    def width(self) -> int:
        """D."""
        return self.heads * self.head_width

    @staticmethod
    def of(config: dict[str, object]) -> LtxShape:
        """Sizes from `config.json`; refuses what the graphs do not cover."""
        if config.get("patch_size", 1) != 1 or config.get("patch_size_t", 1) != 1:
            raise ValueError("tokens of more than one cell are not written for LTX")
        if config.get("activation_fn", "gelu-approximate") != "gelu-approximate":
            raise ValueError(f"unknown activation {config['activation_fn']}")
        if config.get("qk_norm", "rms_norm_across_heads") != "rms_norm_across_heads":
            raise ValueError(f"unknown norm of queries and keys {config['qk_norm']}")

        def size(name: str, usual: int) -> int:
            value = config.get(name, usual)
            return usual if value is None else int(str(value))

        channels = size("in_channels", 128)
        return LtxShape(
            channels=channels,
            out_channels=size("out_channels", channels),
            heads=size("num_attention_heads", 32),
            head_width=size("attention_head_dim", 64),
            cross_width=size("cross_attention_dim", 2048),
            layers=size("num_layers", 28),
            caption_width=size("caption_channels", 4096),
            eps=float(str(config.get("norm_eps", 1e-6))),
        )


def write_context(layers: Layers, component: Component) -> None:
    """`dit_context`: `embedding` [1, T, E] to `context` [L, 2, T, D]."""
    g, shape = layers.graph, LtxShape.of(component.config)
    weights = Scope(component.weights)
    x = g.input(Border("embedding", "float32", (1, "T", shape.caption_width), "the prompt, padding dropped"))
    caption = weights.at("caption_projection")
    x = layers.linear(x, caption.at("linear_1"), bulk=False)
    x = layers.linear(layers.gelu_tanh(x), caption.at("linear_2"), bulk=False)
    parts: list[str] = []
    for i in range(shape.layers):
        attention = weights.at(f"transformer_blocks.{i}.attn2")
        key = layers.linear(x, attention.at("to_k"))
        norm = attention.at("norm_k")
        parts.append(layers.rms_norm(key, f"{norm.prefix}weight", norm.array("weight"), QK_EPS))
        parts.append(layers.linear(x, attention.at("to_v")))
    flat = layers.tree_concat(parts, axis=0)
    stacked = g.op("Reshape", flat, g.ints(shape.layers, 2, -1, shape.width))
    g.output(
        Border("context", "float32", (shape.layers, 2, "T", shape.width), "keys and values of each layer"),
        stacked,
    )


def write_step(layers: Layers, component: Component) -> None:
    """`dit_step`: one evaluation of the velocity; see the table of borders in `src/contracts/flow.ts`."""
    g, shape = layers.graph, LtxShape.of(component.config)
    weights = Scope(component.weights)
    width = shape.width
    latents = g.input(Border("latents", "float32", (1, "N", shape.channels)))
    context = g.input(Border("context", "float32", (shape.layers, 2, "T", width)))
    cos = g.input(Border("cos", "float32", (1, "N", width)))
    sin = g.input(Border("sin", "float32", (1, "N", width)))
    timesteps = g.input(Border("timesteps", "float32", (2,), "where mask is 1, where mask is 0"))
    mask = g.input(Border("mask", "float32", (1, "N", 1), "1 on the picture's own tokens"))

    rows, rotary = Rows(g, mask), Rotary(g, cos, sin, width)
    flat = g.op("Reshape", context, g.ints(2 * shape.layers, -1, width))
    embedder = weights.at("time_embed.emb.timestep_embedder")
    embedded = layers.linear(layers.sinusoid(timesteps, 256), embedder.at("linear_1"), bulk=False)
    embedded = layers.linear(layers.silu(embedded), embedder.at("linear_2"), bulk=False)
    table = layers.linear(layers.silu(embedded), weights.at("time_embed.linear"), bulk=False)
    table = g.op("Reshape", table, g.ints(2, 6, width))

    x = layers.linear(latents, weights.at("proj_in"), bulk=False)
    for i in range(shape.layers):
        key, value = pick_context(g, flat, i)
        x = _block(layers, weights.at(f"transformer_blocks.{i}"), shape, x, table, rows, rotary, (key, value))

    both = g.op("Reshape", embedded, g.ints(2, 1, width))
    shift, scale = rows.select(both, "scale_shift_table", weights.array("scale_shift_table"))
    ones, zeros = np.ones(width, np.float32), np.zeros(width, np.float32)
    x = rows.modulate(layers.layer_norm(x, "norm_out", ones, zeros, OUT_EPS), scale, shift)
    velocity = layers.linear(x, weights.at("proj_out"), bulk=False)
    g.output(Border("velocity", "float32", (1, "N", shape.out_channels)), velocity)


def _block(
    layers: Layers,
    block: Scope,
    shape: LtxShape,
    x: str,
    table: str,
    rows: Rows,
    rotary: Rotary,
    context: tuple[str, str],
) -> str:
    """A transformer block: `x` [1, N, D] to the same."""
    g = layers.graph
    scale = shape.head_width**-0.5
    shift_a, scale_a, gate_a, shift_f, scale_f, gate_f = rows.select(
        table, f"{block.prefix}scale_shift_table", block.array("scale_shift_table")
    )

    def norm(value: str, name: str) -> str:
        affine = (
            block.array(f"{name}.weight") if block.has(f"{name}.weight") else np.ones(shape.width, np.float32)
        )
        shared = f"{block.prefix}{name}.weight" if block.has(f"{name}.weight") else "ones"
        return layers.rms_norm(value, shared, affine, shape.eps)

    def qk(value: str, scope: Scope, which: str) -> str:
        projected = layers.linear(value, scope.at(f"to_{which}"))
        gain = scope.array(f"norm_{which}.weight")
        return layers.rms_norm(projected, f"{scope.prefix}norm_{which}.weight", gain, QK_EPS)

    own = block.at("attn1")
    y = rows.modulate(norm(x, "norm1"), scale_a, shift_a)
    query, key = rotary.apply(qk(y, own, "q")), rotary.apply(qk(y, own, "k"))
    value = layers.linear(y, own.at("to_v"))
    mixed = layers.attention(query, key, value, shape.heads, shape.head_width, scale=scale)
    x = g.op("Add", x, g.op("Mul", layers.linear(mixed, own.at("to_out.0")), gate_a))

    cross = block.at("attn2")
    mixed = layers.attention(qk(x, cross, "q"), *context, shape.heads, shape.head_width, scale=scale)
    x = g.op("Add", x, layers.linear(mixed, cross.at("to_out.0")))

    y = rows.modulate(norm(x, "norm2"), scale_f, shift_f)
    y = layers.linear(layers.gelu_tanh(layers.linear(y, block.at("ff.net.0.proj"))), block.at("ff.net.2"))
    return g.op("Add", x, g.op("Mul", y, gate_f))
