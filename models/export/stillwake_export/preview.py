"""The linear map from latents to colours that previews are drawn with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

CELLS = 6
"""Latent rows and columns of each picture."""

RIDGE = 1e-3


def draw_pictures(count: int, side: int, seed: int = 7) -> np.ndarray:
    """Pictures [count, 3, side, side] of −1…1: a gradient with a few plain discs and boxes on it."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / np.float32(side)
    pictures = np.empty((count, 3, side, side), dtype=np.float32)
    for picture in pictures:
        corners = random.uniform(0, 1, (4, 3)).astype(np.float32)
        weights = np.stack([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y])
        picture[:] = np.tensordot(corners, weights, axes=(0, 0))
        for _ in range(6):
            cx, cy, size = random.uniform(0, 1), random.uniform(0, 1), random.uniform(0.08, 0.35)
            disc = random.uniform() < 0.5
            square = np.maximum(abs(x - cx), abs(y - cy))
            inside = np.hypot(x - cx, y - cy) < size if disc else square < size
            picture[:, inside] = random.uniform(0, 1, (3, 1))
    return pictures * 2 - 1


def encode_pictures(graph: Path, mean: np.ndarray, std: np.ndarray, pictures: np.ndarray) -> list[np.ndarray]:
    """Normalised latents [1, C, h, w] of pictures by `vae_encode`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    shape = (1, -1, 1, 1)
    return [
        (session.run(None, {"image": picture[None]})[0] - mean.reshape(shape)) / std.reshape(shape)
        for picture in pictures
    ]


def fit_preview(graph: Path, mean: np.ndarray, std: np.ndarray, spatial: int) -> dict[str, object]:
    """Least squares of normalised latents of drawn pictures to their cells' mean colours."""
    channels = mean.shape[0]
    count = max(12, -(-channels * 8 // CELLS**2))
    rows: list[np.ndarray] = []
    colours: list[np.ndarray] = []
    pictures = draw_pictures(count, CELLS * spatial)
    for picture, latent in zip(pictures, encode_pictures(graph, mean, std, pictures), strict=True):
        rows.append(latent.reshape(channels, -1).T.astype(np.float64))
        cells = (picture / 2 + 0.5).reshape(3, CELLS, spatial, CELLS, spatial).mean(axis=(2, 4))
        colours.append(cells.reshape(3, -1).T.astype(np.float64))
    design, target = np.concatenate(rows), np.concatenate(colours)
    centre, grey = design.mean(axis=0), target.mean(axis=0)
    design, target = design - centre, target - grey
    gram = design.T @ design + RIDGE * len(design) * np.eye(channels)
    matrix = np.linalg.solve(gram, design.T @ target)
    bias = grey - centre @ matrix
    return {
        "matrix": [[round(float(v), 5) for v in row] for row in matrix],
        "bias": [round(float(v), 5) for v in bias],
    }
