"""Makes the references' clips again with a pack, and says how near it comes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..layers import Precision
from .references import FILE
from .runner import Runner, psnr

COMPARED: dict[str, Precision] = {
    "fp32": Precision(),
    "fp16": Precision("fp16"),
    "int8": Precision("int8"),
    "int4": Precision("int4"),
    "int4, autoencoder int8": Precision("int4", autoencoder="int8"),
    "int4, run in halves": Precision("int4", activations="fp16"),
}


@dataclass(frozen=True)
class Loaded:
    """References read back."""

    content: dict[str, object]
    tensors: dict[str, np.ndarray]


def load(folder: Path) -> Loaded:
    """`references.json` of a folder and its tensors."""
    content = json.loads((folder / FILE).read_text("utf-8"))
    tensors = {
        t["name"]: np.frombuffer(
            (folder / t["file"]).read_bytes(), dtype=np.dtype(t["type"]).newbyteorder("<")
        )
        .reshape(t["shape"])
        .astype(t["type"])
        for t in content["tensors"]
    }
    return Loaded(content, tensors)


def to_tokens(latents: np.ndarray, patch: tuple[int, int, int]) -> np.ndarray:
    """[1, C, F, h, w] to [1, N, P]: frames, rows, columns; in a token channels, then the patch."""
    _, channels, frames, rows, columns = latents.shape
    t, y, x = patch
    parts = latents.reshape(channels, frames // t, t, rows // y, y, columns // x, x)
    return np.ascontiguousarray(parts.transpose(1, 3, 5, 0, 2, 4, 6)).reshape(1, -1, channels * t * y * x)


def to_latents(
    tokens: np.ndarray, patch: tuple[int, int, int], shape: tuple[int, int, int, int, int]
) -> np.ndarray:
    """Inverse of `to_tokens`."""
    _, channels, frames, rows, columns = shape
    t, y, x = patch
    parts = tokens.reshape(frames // t, rows // y, columns // x, channels, t, y, x)
    return np.ascontiguousarray(parts.transpose(3, 0, 4, 1, 5, 2, 6)).reshape(shape)


def replay(runner: Runner, loaded: Loaded, clip: dict[str, object]) -> tuple[np.ndarray, np.ndarray]:
    """A clip of the references by a pack: tokens after each step [S, N, P], and uint8 frames."""

    def tensor(name: str) -> np.ndarray:
        return loaded.tensors[str(clip[name])]

    patch = runner.constants["patch"]
    sampler = clip["sampler"]
    assert isinstance(patch, list)
    assert isinstance(sampler, dict)
    latents = tensor("noise").copy()
    latents[:, :, 0] = runner.first_latent(tensor("picture"))
    first = latents[:, :, :1].size // (latents.shape[1] * patch[1] * patch[2])
    steps = runner.sample(
        to_tokens(latents, tuple(patch)),
        first,
        tensor("embedding")[None] if tensor("embedding").ndim == 2 else tensor("embedding"),
        (tensor("cos"), tensor("sin")),
        sampler,
        tensor("stepNoise") if "stepNoise" in clip else None,
    )
    done = to_latents(steps[-1], tuple(patch), latents.shape)
    decode_noise = tensor("decodeNoise") if "decodeNoise" in clip else None
    return np.concatenate(steps), runner.decode(done, decode_noise)


def relative_error(actual: np.ndarray, expected: np.ndarray) -> float:
    """Largest difference over the largest magnitude."""
    if actual.shape != expected.shape:
        raise ValueError(f"{actual.shape} is not {expected.shape}")
    return float(np.abs(actual.astype(np.float64) - expected).max() / np.abs(expected).max())


def compare(pack: Path, loaded: Loaded) -> dict[str, object]:
    """Relative errors of each graph and step, and decibels of each clip's frames."""
    runner = Runner(pack)
    graphs: dict[str, float] = {}
    clips: dict[str, object] = {}
    entries, clip_entries = loaded.content["graphs"], loaded.content["clips"]
    assert isinstance(entries, list)
    assert isinstance(clip_entries, list)
    for entry in entries:
        feeds = {name: loaded.tensors[tensor] for name, tensor in entry["inputs"].items()}
        outputs = runner.run(entry["graph"], feeds)
        expected = [loaded.tensors[tensor] for tensor in entry["outputs"].values()]
        errors = [relative_error(a, e) for a, e in zip(outputs, expected, strict=True)]
        graphs[entry["graph"]] = max(errors)
    for clip in clip_entries:
        steps, frames = replay(runner, loaded, clip)
        clips[clip["name"]] = {
            "steps": float(f"{relative_error(steps, loaded.tensors[clip['steps']]):.3g}"),
            "psnr": round(min(psnr(frames, loaded.tensors[clip["frames"]]), 99.0), 2),
        }
    return {"graphs": {name: float(f"{error:.3g}") for name, error in graphs.items()}, "clips": clips}


def write_comparison(folder: Path, write: Callable[[Precision, Path], None]) -> None:
    """`precision.json` beside the references: how near packs of each precision come to diffusers."""
    loaded = load(folder / "references")
    report: dict[str, object] = {"stamp": loaded.content["stamp"]}
    with tempfile.TemporaryDirectory() as scratch:
        for i, (name, precision) in enumerate(COMPARED.items()):
            target = Path(scratch) / str(i)
            write(precision, target)
            report[name] = compare(target, loaded)
    (folder / "references" / "precision.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
