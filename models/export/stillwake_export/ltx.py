"""An LTX-Video checkpoint as a pack."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import LTXVideoTransformer3DModel

from . import activations, calibrate, ltx_transformer, ltx_vae, t5
from .checkpoint import Component
from .families import (
    DEFAULTS,
    Inputs,
    Options,
    Size,
    add_text,
    calibrated,
    embed_presets,
    float_list,
    limits_of,
    preset_files,
    vae_precision,
)
from .fidelity import measure_fidelity
from .layers import Precision
from .manifest import PackInfo, PackWriter, hash_sources
from .preview import fit_preview
from .single_file import open_parts

SIGMAS_098 = (1.0, 0.9937, 0.9875, 0.9812, 0.975, 0.9094, 0.725, 0.0)


@dataclass(frozen=True)
class LtxRecipe:
    """What a checkpoint does not say about itself; the values are those of LTX-Video 2B distilled 0.9.8.

    @source Lightricks/LTX-Video, `configs/ltxv-2b-0.9.8-distilled.yaml`.
    """

    sampler: str = "euler"
    sigmas: tuple[float, ...] = SIGMAS_098
    fps: float = 25.0
    max_tokens: int = 128
    decode_timestep: float = 0.05
    decode_noise: float = 0.025
    tile_frames: int = 5
    tile_overlap: int = 2
    sizes: tuple[Size, ...] = (
        Size(512, 320, 25),
        Size(320, 512, 25),
        Size(512, 320, 73),
        Size(320, 512, 73),
        Size(704, 480, 25),
        Size(480, 704, 25),
    )
    presets: dict[str, str] = field(default_factory=dict)
    """Prompts of the ready motions; those of `presets.py` where there are none."""


def _statistics(component: Component) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of the latents; a scaling factor other than 1 belongs to the deviation."""
    factor = float(str(component.config.get("scaling_factor", 1.0) or 1.0))
    return component.weights.array("latents_mean"), component.weights.array("latents_std") / np.float32(
        factor
    )


def _calibration_run(recipe: LtxRecipe) -> Callable[[torch.nn.Module], calibrate.Run]:
    """Runs the real class over latents whose first frame is the picture's."""

    def bind(model: torch.nn.Module) -> calibrate.Run:
        def run(latents: torch.Tensor, words: torch.Tensor, level: float) -> object:
            frames, rows, columns = latents.shape[2:]
            tokens = latents.flatten(2).transpose(1, 2)
            times = torch.full(tokens.shape[:2], 1000 * level)
            times[:, : rows * columns] = 0
            mask, scale = torch.ones(words.shape[:2]), (8 / recipe.fps, 32, 32)
            return model(tokens, words, times, mask, frames, rows, columns, scale)

        return run

    return bind


def write_ltx(
    checkpoint: Path,
    folder: Path,
    info: PackInfo,
    precision: Precision,
    recipe: LtxRecipe | None = None,
    options: Options = DEFAULTS,
) -> PackWriter:
    """Writes the pack into `folder`."""
    recipe = recipe or LtxRecipe()
    transformer, vae = open_parts("ltx", checkpoint, options.single_file)
    shape = ltx_transformer.LtxShape.of(transformer.config)
    spatial = int(str(vae.config.get("spatial_compression_ratio") or 32))
    temporal = int(str(vae.config.get("temporal_compression_ratio") or 8))
    mean, std = _statistics(vae)
    pack = PackWriter(folder, info)
    small = vae_precision(precision)
    formulas: dict[str, activations.Formulas] = {}

    model = pack.graph("vae_encode", small, lambda layers: ltx_vae.write_encode(layers, vae))
    formulas["vae_encode"] = activations.fit_encode(model, spatial)
    embeddings = embed_presets(checkpoint, recipe.presets, recipe.max_tokens, masked=False)
    if options.calibrate:
        inputs = Inputs(folder / "vae_encode.onnx", mean, std, spatial, embeddings)
        source = checkpoint / "transformer"
        precision = calibrated(
            precision, source, LTXVideoTransformer3DModel, _calibration_run(recipe), inputs
        )
    model = pack.graph(
        "dit_context", precision, lambda layers: ltx_transformer.write_context(layers, transformer)
    )
    formulas["dit_context"] = activations.fit_words(model, recipe.max_tokens)
    model = pack.graph("dit_step", precision, lambda layers: ltx_transformer.write_step(layers, transformer))
    formulas["dit_step"] = activations.fit_step(model, recipe.max_tokens)
    timestep = recipe.decode_timestep
    model = pack.graph("vae_decode", small, lambda layers: ltx_vae.write_decode(layers, vae, timestep))
    frames = temporal * (recipe.tile_frames - 1) + 1
    formulas["vae_decode"] = activations.fit_decode(model, spatial, frames, recipe.tile_frames)

    tokenizer: dict[str, str] | None = None
    if options.text_encoder:
        words = recipe.max_tokens
        model, tokenizer = add_text(
            pack, checkpoint, precision, lambda layers, part: t5.write_encoder(layers, part, words)
        )
        formulas["text_encoder"] = activations.fit_words(model, words)
    presets = preset_files(pack, embeddings)

    # Pictures are sampled with noise only where the decoder expects it.
    conditioned = bool(vae.config.get("timestep_conditioning", False))
    decode: dict[str, object] = {
        "kind": "tiles",
        "frames": recipe.tile_frames,
        "overlap": recipe.tile_overlap,
        "noise": recipe.decode_noise if conditioned else 0,
        "normalised": False,
        "range": [-1, 1],
    }
    constants: dict[str, object] = {
        "family": "ltx",
        "latent": {
            "channels": shape.channels,
            "temporal": temporal,
            "spatial": spatial,
            "mean": float_list(mean),
            "std": float_list(std),
        },
        "patch": [1, 1, 1],
        "fps": recipe.fps,
        "sampler": {"kind": recipe.sampler, "sigmas": list(recipe.sigmas), "timestepScale": 1000},
        "positions": {
            "kind": "ltx",
            "width": shape.width,
            "theta": 10000,
            "maximum": [20, 2048, 2048],
            "causal": True,
        },
        "text": {
            "width": shape.caption_width,
            "maxTokens": recipe.max_tokens,
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
    limits = limits_of(pack, recipe.sizes, formulas, (temporal, spatial, 1), frames)
    stamp = json.dumps(
        [asdict(recipe), precision.weights, precision.activations, precision.attention, precision.autoencoder]
    )
    pack.finish(constants, limits, hash_sources(stamp))
    return pack
