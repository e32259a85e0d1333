"""A Wan2.2 TI2V checkpoint and a TAEHV decoder as a pack."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import WanTransformer3DModel

from . import activations, calibrate, t5, taehv, wan_transformer, wan_vae
from .families import (
    DEFAULTS,
    Inputs,
    Options,
    Size,
    add_text,
    calibrated,
    embed_presets,
    limits_of,
    preset_files,
    vae_precision,
)
from .fidelity import measure_fidelity
from .layers import Precision
from .manifest import PackInfo, PackWriter, hash_sources
from .preview import fit_preview
from .single_file import open_parts


@dataclass(frozen=True)
class WanRecipe:
    """What a checkpoint does not say about itself; the values are those of a four-step Wan2.2-TI2V-5B."""

    sampler: str = "stochastic"
    sigmas: tuple[float, ...] = (1.0, 0.75, 0.5, 0.25, 0.0)
    fps: float = 24.0
    max_tokens: int = 512
    sizes: tuple[Size, ...] = (
        Size(512, 320, 25),
        Size(320, 512, 25),
        Size(512, 320, 73),
        Size(320, 512, 73),
        Size(832, 480, 25),
        Size(480, 832, 25),
    )
    presets: dict[str, str] = field(default_factory=dict)
    """Prompts of the ready motions; those of `presets.py` where there are none."""


def _floats(value: object) -> np.ndarray:
    assert isinstance(value, list)
    return np.array(value, dtype=np.float32)


def _calibration_run(words: int) -> Callable[[torch.nn.Module], calibrate.Run]:
    """Runs the real class over latents whose first frame is the picture's."""

    def bind(model: torch.nn.Module) -> calibrate.Run:
        def run(latents: torch.Tensor, embedding: torch.Tensor, level: float) -> object:
            frames, rows, columns = latents.shape[2:]
            times = torch.full((1, frames, rows // 2, columns // 2), 1000 * level)
            times[:, 0] = 0
            padded = torch.nn.functional.pad(embedding, (0, 0, 0, words - embedding.shape[1]))
            return model(latents, times.flatten(1), padded)

        return run

    return bind


def write_wan(
    checkpoint: Path,
    decoder: Path,
    folder: Path,
    info: PackInfo,
    precision: Precision,
    recipe: WanRecipe | None = None,
    options: Options = DEFAULTS,
) -> PackWriter:
    """Writes the pack into `folder`; `decoder` is a TAEHV checkpoint for the same latents."""
    recipe = recipe or WanRecipe()
    transformer, vae = open_parts("wan", checkpoint, options.single_file)
    shape = wan_transformer.WanShape.of(transformer.config)
    weights = taehv.open_decoder(decoder)
    tiny = taehv.TaehvShape.of(weights)
    spatial, temporal = (int(str(vae.config[f"scale_factor_{k}"])) for k in ("spatial", "temporal"))
    if (tiny.channels, tiny.spatial, tiny.temporal) != (shape.channels, spatial, temporal):
        raise ValueError("the decoder is not made for these latents")
    mean, std = _floats(vae.config["latents_mean"]), _floats(vae.config["latents_std"])
    pack = PackWriter(folder, info)
    small, words = vae_precision(precision), recipe.max_tokens
    formulas: dict[str, activations.Formulas] = {}

    model = pack.graph("vae_encode", small, lambda layers: wan_vae.write_encode(layers, vae))
    formulas["vae_encode"] = activations.fit_encode(model, spatial)
    embeddings = embed_presets(checkpoint, recipe.presets, words, masked=True)
    if options.calibrate:
        inputs = Inputs(folder / "vae_encode.onnx", mean, std, spatial, embeddings)
        source = checkpoint / "transformer"
        precision = calibrated(precision, source, WanTransformer3DModel, _calibration_run(words), inputs)
    model = pack.graph(
        "dit_context", precision, lambda layers: wan_transformer.write_context(layers, transformer, words)
    )
    formulas["dit_context"] = activations.fit_words(model, words)
    model = pack.graph(
        "dit_step", precision, lambda layers: wan_transformer.write_step(layers, transformer, words)
    )
    formulas["dit_step"] = activations.fit_step(model, words)
    model = pack.graph("vae_decode", small, lambda layers: taehv.write_decode(layers, weights))
    formulas["vae_decode"] = activations.fit_decode(model, spatial, temporal, None)

    tokenizer: dict[str, str] | None = None
    if options.text_encoder:
        model, tokenizer = add_text(
            pack, checkpoint, precision, lambda layers, part: t5.write_encoder(layers, part, None)
        )
        formulas["text_encoder"] = activations.fit_words(model, words)
    presets = preset_files(pack, embeddings)

    decode: dict[str, object] = {
        "kind": "stream",
        "memory": tiny.memory(),
        "dropFrames": temporal - 1,
        "normalised": True,
        "range": [0, 1],
    }
    constants: dict[str, object] = {
        "family": "wan",
        "latent": {
            "channels": shape.channels,
            "temporal": temporal,
            "spatial": spatial,
            "mean": vae.config["latents_mean"],
            "std": vae.config["latents_std"],
        },
        "patch": list(shape.patch),
        "fps": recipe.fps,
        "sampler": {"kind": recipe.sampler, "sigmas": list(recipe.sigmas), "timestepScale": 1000},
        "positions": {"kind": "wan", "width": shape.head_width, "theta": 10000, "split": list(shape.split)},
        "text": {
            "width": shape.text_width,
            "maxTokens": words,
            "presets": presets,
            "tokenizer": tokenizer,
        },
        "decode": decode,
        "preview": fit_preview(folder / "vae_encode.onnx", mean, std, spatial),
        "fidelity": measure_fidelity(folder, mean, std, spatial, decode),
        "sizes": [size.to_json() for size in recipe.sizes],
        "activations": {name: formula.memory for name, formula in formulas.items()},
        "work": {name: formula.work for name, formula in formulas.items()},
    }
    limits = limits_of(pack, recipe.sizes, formulas, (temporal, spatial, shape.patch[1]), temporal)
    stamp = json.dumps(
        [asdict(recipe), precision.weights, precision.activations, precision.attention, precision.autoencoder]
    )
    pack.finish(constants, limits, hash_sources(stamp))
    return pack
