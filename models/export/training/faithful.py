"""How near a written pack comes to the networks that it was written from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from diffusers import AutoencoderKLLTXVideo

from stillwake_export.goldens.replay import to_latents, to_tokens
from stillwake_export.goldens.runner import Runner, psnr, to_pixels

from .captions import MAX_TOKENS, make_tokenizer
from .denoiser import Prompted
from .networks import make_rotary
from .scenes import FPS
from .score import Trial, first_pictures, make_clips, make_noise

PATCH = (1, 1, 1)


@dataclass(frozen=True)
class Faithful:
    """One clip by both."""

    noise: np.ndarray
    """What it began as, [1, C, F, h, w]."""
    frames: np.ndarray
    """PyTorch's, [n, H, W, 3], as bytes."""
    decibels: float
    """Between them and the pack's."""


def compare_clip(
    folder: Path, autoencoder: AutoencoderKLLTXVideo, model: Prompted, trial: Trial, seed: int
) -> Faithful:
    """Makes a clip in PyTorch and with the pack's graphs, its text encoder's among them."""
    runner = Runner(folder)
    pictures, noise = first_pictures([trial]), make_noise(autoencoder, 1, seed)
    clip = make_clips(autoencoder, model, pictures, [trial.text], noise)
    wanted = to_pixels(clip * 2 - 1, -1, 1)

    ids = make_tokenizer()(trial.text, truncation=True, max_length=MAX_TOKENS, return_tensors="np").input_ids
    (embedding,) = runner.run("text_encoder", {"ids": ids.astype(np.int64)})
    latents = noise.numpy().copy()
    latents[:, :, 0] = runner.first_latent(np.round(pictures[0].transpose(1, 2, 0) * 255).astype(np.uint8))
    rotary = make_rotary(model.denoiser, latents.shape[2:], FPS)
    sampler = runner.constants["sampler"]
    assert isinstance(sampler, dict)
    steps = runner.sample(to_tokens(latents, PATCH), latents[0, 0, 0].size, embedding, rotary, sampler)
    found = runner.decode(to_latents(steps[-1], PATCH, latents.shape), None)
    return Faithful(noise.numpy(), wanted, psnr(found, wanted))
