"""How much of a picture is left after the autoencoder: what a clip's first frame may be held to."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnxruntime

from .preview import CELLS, draw_pictures, encode_pictures

PICTURES = 4
COMPARE_PX = 96
"""Long side at which a finished clip's first frame is compared with the picture."""


def _small(picture: np.ndarray) -> np.ndarray:
    """A picture [3, s, s] by means at most 96 pixels wide; s is a multiple of 96, or smaller."""
    side = picture.shape[-1]
    cell = max(1, side // COMPARE_PX)
    width = side // cell
    return picture[:, : width * cell, : width * cell].reshape(3, width, cell, width, cell).mean(axis=(2, 4))


def _first_frame(
    session: onnxruntime.InferenceSession, latent: np.ndarray, decode: dict[str, object], seed: int
) -> np.ndarray:
    """Frame 0 [3, H, W] of a clip that stands still on a latent [1, C, h, w]."""
    if decode["kind"] == "tiles":
        frames = int(str(decode["frames"]))
        still = np.repeat(latent[:, :, None], frames, axis=2)
        share = float(str(decode["noise"]))
        fresh = np.random.default_rng(seed).standard_normal(still.shape)
        mixed = ((1 - share) * still + share * fresh).astype(np.float32)
        return session.run(["frames"], {"latents": mixed})[0][0, :, 0]
    feeds = {"latents": latent.astype(np.float32)}
    rows, columns = latent.shape[2:]
    memory = decode["memory"]
    assert isinstance(memory, list)
    for i, part in enumerate(memory):
        scale = int(part["scale"])
        feeds[f"memory_{i}"] = np.zeros((1, part["channels"], rows * scale, columns * scale), np.float32)
    return session.run(["frames"], feeds)[0][0, :, int(str(decode["dropFrames"]))]


def measure_fidelity(
    folder: Path, mean: np.ndarray, std: np.ndarray, spatial: int, decode: dict[str, object]
) -> float:
    """Least PSNR, dB, of frame 0 with drawn pictures, both at 96 pixels, by the pack's own two graphs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    file = str(folder / "vae_decode.onnx")
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    shape = (1, -1, 1, 1)
    span = decode["range"]
    assert isinstance(span, list)
    low, high = span
    least = math.inf
    pictures = draw_pictures(PICTURES, CELLS * spatial, seed=9)
    latents = encode_pictures(folder / "vae_encode.onnx", mean, std, pictures)
    for seed, (picture, latent) in enumerate(zip(pictures, latents, strict=True)):
        given = latent if decode["normalised"] else latent * std.reshape(shape) + mean.reshape(shape)
        frame = _first_frame(session, given, decode, seed)
        shown = np.clip((frame - low) / (high - low), 0, 1)
        error = float(np.mean((_small(shown) - _small(picture / 2 + 0.5)) ** 2))
        least = min(least, -10 * math.log10(max(error, 1e-9)))
    return math.floor(10 * least) / 10
