from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from stillwake_export.goldens.__main__ import TINY
from stillwake_export.goldens.replay import load, relative_error


@pytest.mark.parametrize("family", ["ltx", "wan"])
@pytest.mark.parametrize("graph", ["text_encoder", "vae_encode", "dit_context", "dit_step", "vae_decode"])
def test_session_for_one_size(family: str, graph: str, tmp_path: Path) -> None:
    """Free axes fixed by their names: the same numbers, and no shape is computed any more while it runs."""
    loaded = load(TINY / family / "references")
    entries = loaded.content["graphs"]
    assert isinstance(entries, list)
    entry = next(e for e in entries if e["graph"] == graph)
    feeds = {name: loaded.tensors[tensor] for name, tensor in entry["inputs"].items()}
    file = str(TINY / family / f"{graph}.onnx")
    plain = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.optimized_model_filepath = str(tmp_path / "static.onnx")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    free = 0
    for border in plain.get_inputs():
        for axis, size in zip(border.shape, feeds[border.name].shape, strict=True):
            if isinstance(axis, str):
                options.add_free_dimension_override_by_name(axis, size)
                free += 1
    assert free > 0
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    names = list(entry["outputs"])
    for name, array in zip(names, session.run(names, feeds), strict=True):
        expected: np.ndarray = loaded.tensors[entry["outputs"][name]]
        assert relative_error(array, expected) <= 1e-4
    kinds = {
        node.op_type for node in onnx.load(tmp_path / "static.onnx", load_external_data=False).graph.node
    }
    assert "Shape" not in kinds
