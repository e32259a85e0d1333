"""The encoders of T5 and UMT5 as a graph.

@source transformers, `T5EncoderModel` and `UMT5EncoderModel`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from transformers.models.t5.modeling_t5 import T5Attention

from .checkpoint import Component, Scope
from .graph import Border
from .layers import FLOAT, Layers
from .quantize import quantize_channels

PART_BYTES = 480_000_000
"""Of a table of words; a shard holds a little more."""


def _distances(config: dict[str, object], table: np.ndarray) -> np.ndarray:
    """Bias per head of each distance −M…M, [2M + 1, heads]; farther ones share the last bucket."""
    reach = int(str(config.get("relative_attention_max_distance", 128)))
    buckets = int(str(config.get("relative_attention_num_buckets", 32)))
    relative = torch.arange(-reach, reach + 1)
    index = T5Attention._relative_position_bucket(relative, True, buckets, reach)
    return table[index.numpy()]


def _embedded(layers: Layers, weights: Scope, words: str, width: int) -> str:
    """Rows of the table of words for `words` [1, T]: float32 [1, T, width].

    A table that is too large for a shard is cut into parts, each of which is asked for the words that it
    has. Quantized, it is bytes with a scale per row, which the CPU picks rows from: halves could not be
    picked on a GPU without them.
    """
    g, precision = layers.graph, layers.precision
    name = "shared.weight" if weights.has("shared.weight") else "encoder.embed_tokens.weight"
    most = max(1, PART_BYTES // (width * (2 if precision.weights == "fp16" else 4)))
    x = ""
    start = 0
    while len(table := weights.rows(name, start, start + most)):
        own = f"{name}.{start}"
        last = g.constant(np.array(len(table) - 1, dtype=np.int64))
        first, zero = (g.constant(np.array(n, dtype=np.int64)) for n in (start, 0))
        shifted = g.op("Sub", words, first)
        places = g.op("Min", g.op("Max", shifted, zero), last)
        if precision.weights in ("int8", "int4"):
            levels, scales = quantize_channels(table)
            picked = g.op("Cast", g.op("Gather", g.weight(own, levels), places, axis=0), to=FLOAT)
            factors = g.op("Gather", g.weight(f"{own}.scales", scales[:, None]), places, axis=0)
            rows = g.op("Mul", picked, factors)
        elif precision.weights == "fp16":
            rows = g.op(
                "Cast", g.op("Gather", g.weight(own, table.astype(np.float16)), places, axis=0), to=FLOAT
            )
        else:
            rows = g.op("Gather", g.weight(own, table), places, axis=0)
        if start:
            later = g.op("Greater", shifted, g.constant(np.array(-1, dtype=np.int64)))
            rows = g.op("Where", g.op("Unsqueeze", later, g.ints(2)), rows, x)
        x, start = rows, start + most
    return x


def _activation(layers: Layers, name: str) -> Callable[[str], str]:
    if name in ("gelu_new", "gelu_pytorch_tanh"):
        return layers.gelu_tanh
    if name == "gelu":
        return layers.gelu_erf
    if name == "relu":
        return lambda x: layers.graph.op("Relu", x)
    raise ValueError(f"unknown activation {name}")


def write_encoder(layers: Layers, component: Component, padded_to: int | None) -> None:
    """`text_encoder`: `ids` int64 [1, T] to `embedding` [1, T, E].

    `padded_to` is for a pipeline that lets words attend to padding, as LTX-Video's does: the graph fills up
    with the padding's id, and drops what it filled.
    """
    g, config = layers.graph, component.config
    weights = Scope(component.weights)
    width, heads, head_width = (int(str(config[k])) for k in ("d_model", "num_heads", "d_kv"))
    eps = float(str(config.get("layer_norm_epsilon", 1e-6)))
    feed = str(config.get("feed_forward_proj", "relu"))
    gated = feed.startswith("gated-")
    act_name = str(
        config.get("dense_act_fn") or ("gelu_new" if feed == "gated-gelu" else feed.removeprefix("gated-"))
    )
    act = _activation(layers, act_name)
    every_layer = config.get("model_type") == "umt5"

    ids = g.input(Border("ids", "int64", (1, "T"), "no padding; ends with the end of the sentence"))
    length = g.op("Shape", ids, start=1, end=2)
    words = ids
    if padded_to is not None:
        missing = g.op("Max", g.op("Sub", g.ints(padded_to), length), g.ints(0))
        pad = g.constant(np.array(int(str(config.get("pad_token_id") or 0)), dtype=np.int64))
        words = g.op("Pad", ids, g.op("Concat", g.ints(0, 0, 0), missing, axis=0), pad)

    x = _embedded(layers, weights, words, width)

    count = g.op("Squeeze", g.op("Shape", words, start=1, end=2), g.ints(0))
    zero, one = (g.constant(np.array(n, dtype=np.int64)) for n in (0, 1))
    steps = g.op("Range", zero, count, one)
    reach = int(str(config.get("relative_attention_max_distance", 128)))
    away = g.op("Sub", g.op("Unsqueeze", steps, g.ints(0)), g.op("Unsqueeze", steps, g.ints(1)))
    low, high = (g.constant(np.array(n, dtype=np.int64)) for n in (-reach, reach))
    places = g.op("Add", g.op("Min", g.op("Max", away, low), high), high)

    bias = ""
    for i in range(int(str(config["num_layers"]))):
        block = weights.at(f"encoder.block.{i}.layer")
        own = block.at("0.SelfAttention")
        if i == 0 or every_layer:
            name = f"{own.prefix}distances"
            distances = g.weight(name, _distances(config, own.array("relative_attention_bias.weight")))
            bias = g.op(
                "Unsqueeze",
                g.op("Transpose", g.op("Gather", distances, places, axis=0), perm=[2, 0, 1]),
                g.ints(0),
            )
        gain = block.array("0.layer_norm.weight")
        y = layers.rms_norm(x, f"{block.prefix}0.layer_norm.weight", gain, eps)
        q, k, v = (layers.linear(y, own.at(which)) for which in ("q", "k", "v"))
        x = g.op(
            "Add", x, layers.linear(layers.attention(q, k, v, heads, head_width, bias=bias), own.at("o"))
        )

        gain = block.array("1.layer_norm.weight")
        y = layers.rms_norm(x, f"{block.prefix}1.layer_norm.weight", gain, eps)
        dense = block.at("1.DenseReluDense")
        if gated:
            y = g.op("Mul", act(layers.linear(y, dense.at("wi_0"))), layers.linear(y, dense.at("wi_1")))
        else:
            y = act(layers.linear(y, dense.at("wi")))
        x = g.op("Add", x, layers.linear(y, dense.at("wo")))

    gain = weights.array("encoder.final_layer_norm.weight")
    x = layers.rms_norm(x, "encoder.final_layer_norm.weight", gain, eps)
    if padded_to is not None:
        x = g.op("Slice", x, g.ints(0), length, g.ints(1))
    g.output(Border("embedding", "float32", (1, "T", width)), x)
