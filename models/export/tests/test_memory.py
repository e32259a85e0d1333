"""What the manifest says of memory: lines over the walk, halves, what kernels of a processor take."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from stillwake_export.activations import PICTURES, fit_encode
from stillwake_export.families import _bytes
from stillwake_export.manifest import half_bytes
from stillwake_export.walk import measure


def _model(
    nodes: list[onnx.NodeProto], weights: dict[str, np.ndarray], shape: list[int | str]
) -> onnx.ModelProto:
    kind = TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info("y", kind, None)],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return helper.make_model(graph)


def test_halves_are_those_that_are_cast() -> None:
    nodes = [
        helper.make_node("Cast", ["w"], ["v"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["x", "v"], ["y"]),
    ]
    weights = {"w": np.zeros((8, 4), np.float16), "kept": np.zeros((5, 5), np.float16)}
    model = _model(nodes, weights, ["N", 8])
    assert half_bytes(model) == 2 * 8 * 4
    # As floats they are the largest, more than what goes in and comes out.
    assert measure(model, {"N": 1}).largest == 4 * 8 * 4


@pytest.mark.parametrize("quantized", [True, False])
def test_lines_cover_weights_that_become_floats_and_pictures(quantized: bool) -> None:
    weights = {
        "w": np.zeros((16, 3, 1, 1), np.int8 if quantized else np.float32),
        "deep": np.zeros((300, 16, 3, 3), np.int8 if quantized else np.float32),
        "scale": np.ones(16, np.float32),
        "scales": np.ones(300, np.float32),
    }
    first, second = ("v", "deeper") if quantized else ("w", "deep")
    cast = [
        helper.make_node("DequantizeLinear", ["w", "scale"], ["v"], axis=0),
        helper.make_node("DequantizeLinear", ["deep", "scales"], ["deeper"], axis=0),
    ]
    pads = {"pads": [0, 0, 0, 0]}
    nodes = [
        *(cast[:1] if quantized else []),
        helper.make_node("Conv", ["x", first], ["a"], strides=[1, 1], **pads),
        helper.make_node("Sigmoid", ["a"], ["b"]),
        *(cast[1:] if quantized else []),
        helper.make_node("Conv", ["b", second], ["y"], strides=[8, 8], **pads),
    ]
    model = _model(nodes, weights, [1, 3, "H", "W"])
    formulas = fit_encode(model, 8)
    assert ("least" in formulas.memory) == quantized
    # Between the sizes that are walked, and beyond them.
    for h, w in (*PICTURES, (6, 6), (13, 20), (50, 50), (90, 120)):
        cost = measure(model, {"H": 8 * h, "W": 8 * w})
        told = _bytes(formulas.memory, 0, 64 * h * w)
        assert cost.peak <= told <= 1.3 * cost.peak + 1e5, (h, w)


def test_kernels_of_a_processor() -> None:
    attention = helper.make_node("MultiHeadAttention", ["x", "x", "x"], ["y"], num_heads=2)
    assert measure(_model([attention], {}, [1, "N", 8]), {"N": 5}).scratch == 4 * (2 * 2 * 25 + 3 * 5 * 8)
    product = helper.make_node("MatMulNBits", ["x", "w", "s"], ["y"], K=32, N=6, bits=4, block_size=32)
    weights = {"w": np.zeros((6, 1, 16), np.uint8), "s": np.ones(6, np.float32)}
    assert measure(_model([product], weights, ["N", 32]), {"N": 2}).scratch == 4 * 32 * 6
