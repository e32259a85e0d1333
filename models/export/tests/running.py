from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime


def run_graph(folder: Path, graph: str, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Outputs of `{graph}.onnx` below `folder` on one thread of the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(folder / f"{graph}.onnx"), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, feeds)


def relative_error(actual: np.ndarray, expected: np.ndarray) -> float:
    """Largest difference over the largest magnitude."""
    assert actual.shape == expected.shape
    return float(np.abs(actual - expected).max() / np.abs(expected).max())
