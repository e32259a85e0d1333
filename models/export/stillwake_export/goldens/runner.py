"""Runs a pack with onnxruntime, as the engine in the browser does, to compare packs with each other and with
references.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnxruntime

Array = np.ndarray


def psnr(actual: Array, expected: Array) -> float:
    """Decibels between two uint8 clips."""
    error = float(((actual.astype(np.float64) - expected.astype(np.float64)) ** 2).mean())
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


@dataclass
class Runner:
    """A pack's graphs, opened as they are needed."""

    folder: Path
    constants: dict[str, object] = field(init=False)
    _sessions: dict[str, onnxruntime.InferenceSession] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Reads `pack.json`."""
        self.constants = json.loads((self.folder / "pack.json").read_text("utf-8"))["constants"]

    def run(self, graph: str, feeds: dict[str, Array]) -> list[Array]:
        """Outputs of a graph, on one thread."""
        if graph not in self._sessions:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            file = str(self.folder / f"{graph}.onnx")
            self._sessions[graph] = onnxruntime.InferenceSession(
                file, options, providers=["CPUExecutionProvider"]
            )
        return self._sessions[graph].run(None, feeds)

    def first_latent(self, pixels: Array) -> Array:
        """A picture, uint8 [H, W, 3], as a normalised latent [1, C, h, w]."""
        image = (pixels.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(127.5)) - np.float32(1)
        (latent,) = self.run("vae_encode", {"image": image})
        mean, std = self.statistics()
        return (latent - mean[:, :, 0]) / std[:, :, 0]

    def statistics(self) -> tuple[Array, Array]:
        """Mean and deviation of latents, [1, C, 1, 1, 1]."""
        latent = self.constants["latent"]
        assert isinstance(latent, dict)
        return tuple(np.array(latent[k], np.float32).reshape(1, -1, 1, 1, 1) for k in ("mean", "std"))  # type: ignore[return-value]

    def sample(
        self,
        start: Array,
        first: int,
        embedding: Array,
        positions: tuple[Array, Array],
        sampler: dict[str, object],
        step_noise: Array | None = None,
    ) -> list[Array]:
        """Steps over tokens [1, N, P] of which the first `first` are the picture's; the tokens after each
        step.

        `step_noise` [S, N − first, P] is for stochastic steps.
        """
        (context,) = self.run("dit_context", {"embedding": embedding.astype(np.float32)})
        mask = np.zeros((1, start.shape[1], 1), np.float32)
        mask[:, :first] = 1
        tokens, steps = start.copy(), []
        sigmas = sampler["sigmas"]
        assert isinstance(sigmas, list)
        for i, (sigma, after) in enumerate(pairwise(sigmas)):
            feeds = {
                "latents": tokens,
                "context": context,
                "cos": positions[0],
                "sin": positions[1],
                "timesteps": np.array([0, 1000 * sigma], np.float32),
                "mask": mask,
            }
            (velocity,) = self.run("dit_step", feeds)
            moving, v = tokens[:, first:], velocity[:, first:]
            if sampler["kind"] == "euler":
                moved = moving - np.float32(sigma - after) * v
            else:
                assert step_noise is not None
                clean = moving - np.float32(sigma) * v
                moved = np.float32(1 - after) * clean + np.float32(after) * step_noise[i : i + 1]
            tokens = np.concatenate([tokens[:, :first], moved], axis=1)
            steps.append(tokens)
        return steps

    def decode(self, latents: Array, decode_noise: Array | None) -> Array:
        """Normalised latents [1, C, F, h, w] as uint8 frames [n, H, W, 3]; one tile, or one latent frame at
        a time."""
        plan = self.constants["decode"]
        assert isinstance(plan, dict)
        z = latents
        if not plan["normalised"]:
            mean, std = self.statistics()
            z = z * std + mean
        low, high = plan["range"]
        if plan["kind"] == "tiles":
            share = np.float32(plan["noise"])
            if decode_noise is not None:
                z = (1 - share) * z + share * decode_noise
            return to_pixels(self.run("vae_decode", {"latents": z})[0], low, high)
        rows, columns = z.shape[3:]
        memory = [
            np.zeros((1, m["channels"], rows * m["scale"], columns * m["scale"]), np.float32)
            for m in plan["memory"]
        ]
        parts: list[Array] = []
        for i in range(z.shape[2]):
            feeds = {f"memory_{k}": value for k, value in enumerate(memory)}
            video, *memory = self.run("vae_decode", {"latents": np.ascontiguousarray(z[:, :, i]), **feeds})
            parts.append(video[:, :, plan["dropFrames"] :] if i == 0 else video)
        return to_pixels(np.concatenate(parts, axis=2), low, high)


def to_pixels(video: Array, low: float, high: float) -> Array:
    """Frames [1, 3, n, H, W] between `low` and `high` as uint8 [n, H, W, 3]."""
    share = np.clip((video[0].transpose(1, 2, 3, 0) - low) / (high - low), 0, 1)
    return np.round(share * 255).astype(np.uint8)
