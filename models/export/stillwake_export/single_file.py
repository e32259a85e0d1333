"""A denoiser, and an autoencoder where it is there, from one safetensors file in its authors' own layout."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLLTXVideo,
    AutoencoderKLWan,
    LTXVideoTransformer3DModel,
    WanTransformer3DModel,
)
from safetensors import safe_open

from .checkpoint import Component, StateWeights, open_component

CLASSES = {
    "ltx": (LTXVideoTransformer3DModel, AutoencoderKLLTXVideo),
    "wan": (WanTransformer3DModel, AutoencoderKLWan),
}


def _load(kind: type, file: Path, folder: Path, part: str) -> Component:
    """A part of the file by diffusers' own renaming; its config is that of the folder."""
    model = kind.from_single_file(  # type: ignore[attr-defined]
        str(file), config=str(folder), subfolder=part, local_files_only=True, torch_dtype=_stored_type(file)
    )
    return Component(dict(model.config), StateWeights(model.state_dict()))


def _stored_type(file: Path) -> torch.dtype:
    with safe_open(file, framework="pt") as tensors:
        names = {"F16": torch.float16, "BF16": torch.bfloat16}
        return names.get(tensors.get_slice(next(iter(tensors.keys()))).get_dtype(), torch.float32)


def open_parts(family: str, checkpoint: Path, single: Path | None) -> tuple[Component, Component]:
    """The denoiser and the autoencoder of a checkpoint's folder, or of one file with the configs of the
    folder.

    The file has to hold the denoiser; the autoencoder is the folder's where the file has none.
    """
    if single is None:
        return open_component(checkpoint / "transformer"), open_component(checkpoint / "vae")
    denoiser, autoencoder = CLASSES[family]
    with safe_open(single, framework="pt") as tensors:
        whole = any(name.startswith("vae.") for name in tensors.keys())  # noqa: SIM118
    transformer = _load(denoiser, single, checkpoint, "transformer")
    vae = _load(autoencoder, single, checkpoint, "vae") if whole else open_component(checkpoint / "vae")
    return transformer, vae
