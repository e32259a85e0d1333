"""Parts of a pack that both families have."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import torch

from . import calibrate, text
from .activations import Formulas
from .checkpoint import Component, open_component
from .layers import Layers, Precision
from .manifest import PackWriter
from .presets import PRESET_PROMPTS
from .preview import draw_pictures, encode_pictures


@dataclass(frozen=True)
class Size:
    """A clip's pixels and frames."""

    width: int
    height: int
    frames: int

    def to_json(self) -> dict[str, int]:
        """A line of `sizes`."""
        return {"width": self.width, "height": self.height, "frames": self.frames}


@dataclass(frozen=True)
class Options:
    """What of a checkpoint is used."""

    text_encoder: bool = True
    calibrate: bool = False
    single_file: Path | None = None
    """Holds the denoiser, perhaps the autoencoder; the checkpoint's folder holds the rest."""


DEFAULTS = Options()


def float_list(values: np.ndarray) -> list[float]:
    """The shortest decimals that are the same in float32."""
    return [float(str(value)) for value in values.astype(np.float32)]


def vae_precision(precision: Precision) -> Precision:
    """How the autoencoder is stored."""
    return replace(precision, weights="fp32" if precision.weights == "fp32" else precision.autoencoder)


@dataclass(frozen=True)
class Inputs:
    """What a calibration runs over."""

    encoder: Path
    mean: np.ndarray
    std: np.ndarray
    spatial: int
    embeddings: dict[str, np.ndarray]


def embed_presets(
    checkpoint: Path, prompts: dict[str, str], max_tokens: int, masked: bool
) -> dict[str, np.ndarray]:
    """Embeddings of the ready motions by the checkpoint's text encoder; none where it has none."""
    if not (checkpoint / "text_encoder").is_dir():
        return {}
    return text.embed(checkpoint, prompts or PRESET_PROMPTS, max_tokens, masked)


def preset_files(pack: PackWriter, embeddings: dict[str, np.ndarray]) -> dict[str, str]:
    """Writes the ready motions' embeddings as halves; returns the files' ids by motion."""
    found: dict[str, str] = {}
    for name, embedding in embeddings.items():
        found[name] = f"preset.{name}"
        pack.tensor(found[name], f"{found[name]}.bin", embedding.astype(np.float16))
    return found


def calibrated(
    precision: Precision,
    folder: Path,
    kind: type,
    bind: Callable[[torch.nn.Module], calibrate.Run],
    inputs: Inputs,
) -> Precision:
    """`precision` with the channels' weights of a run over drawn pictures and the ready motions."""
    if not inputs.embeddings:
        raise ValueError("a calibration needs the text encoder's embeddings")
    model = calibrate.open_model(kind, folder)
    pictures = draw_pictures(2, calibrate.CELLS * inputs.spatial, seed=8)
    latents = encode_pictures(inputs.encoder, inputs.mean, inputs.std, pictures)
    words = [inputs.embeddings[name] for name in sorted(inputs.embeddings)[:2]]
    return replace(precision, importance=calibrate.measure(model, bind(model), latents, words))


def add_text(
    pack: PackWriter, checkpoint: Path, precision: Precision, write: Callable[[Layers, Component], None]
) -> tuple[onnx.ModelProto, dict[str, str]]:
    """Writes `text_encoder` and the tokenizer's files; returns the graph and the files' ids."""
    component = open_component(checkpoint / "text_encoder")
    model = pack.graph("text_encoder", precision, lambda layers: write(layers, component))
    for file, data in text.tokenizer_files(checkpoint / "tokenizer").items():
        pack.plain(file, file, data)
    return model, {"json": "tokenizer.json", "config": "tokenizer_config.json"}


def _bytes(memory: dict[str, object], tokens: int, pixels: int) -> float:
    def term(name: str) -> float:
        return float(str(memory.get(name, 0)))

    told = (
        term("fixed")
        + term("perToken") * tokens
        + term("perTokenSquared") * tokens**2
        + term("perPixel") * pixels
    )
    least = memory.get("least")
    return max(told, _bytes(least, tokens, pixels)) if isinstance(least, dict) else told


def limits_of(
    pack: PackWriter,
    sizes: Sequence[Size],
    formulas: dict[str, Formulas],
    cell: tuple[int, int, int],
    run_frames: int,
) -> dict[str, int]:
    """Longest side, most frames, and the largest graph's weights with its memory at the usual size.

    `cell` holds frames, pixels and latent cells per token's side; `run_frames` frames of one decoding.
    """
    temporal, spatial, patch = cell
    usual = sizes[0]
    side = spatial * patch
    tokens = (usual.width // side) * (usual.height // side) * ((usual.frames - 1) // temporal + 1)
    largest = 0.0
    for name, formula in formulas.items():
        frames = run_frames if name == "vae_decode" else 1
        memory = _bytes(formula.memory, tokens, usual.width * usual.height * frames)
        largest = max(largest, pack.weight_bytes(name) + memory)
    return {
        "maxSidePx": max(max(size.width, size.height) for size in sizes),
        "maxFrames": max(size.frames for size in sizes),
        "memoryBytes": math.ceil(largest),
    }
