"""Second course: from noise, a clean first frame and a sentence to a clip's latents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from .autoencoder import random_clip
from .captions import MAX_TOKENS, caption, make_tokenizer
from .course import Course
from .networks import positions
from .scenes import FPS, Motion, Scene

SIGMAS = (1.0, 0.95, 0.85, 0.65, 0.4, 0.15, 0.0)
"""Noise levels of the six steps."""

ENCODE_BATCH = 8
ON_GRID = 0.5
"""Share of samples at the very levels that the sampler asks for."""
GRID = (0.4, 0.2, 0.15, 0.1, 0.1, 0.05)
"""How often each of them: where things go is decided in the first steps."""
CHANGED = 4.0
"""How much more a cell counts that differs from the first frame."""
MARGIN = 20.0


@dataclass
class Clips:
    """Latents [n, C, F, h, w], normalised, with what they show."""

    latents: torch.Tensor
    scenes: list[Scene]
    motions: list[Motion]


@torch.no_grad()
def encode_clips(model: AutoencoderKLLTXVideo, count: int, seed: int) -> Clips:
    """Draws `count` clips and takes the means of their latents, not normalised."""
    scenes: list[Scene] = []
    motions: list[Motion] = []
    parts: list[torch.Tensor] = []
    for start in range(0, count, ENCODE_BATCH):
        clips = []
        for i in range(start, min(count, start + ENCODE_BATCH)):
            scene, motion, clip = random_clip(np.random.default_rng([seed, i]), MARGIN)
            scenes.append(scene)
            motions.append(motion)
            clips.append(clip)
        frames = torch.from_numpy(np.stack(clips)) * 2 - 1
        parts.append(model.encode(frames).latent_dist.mean)
    return Clips(torch.cat(parts), scenes, motions)


class Prompted(torch.nn.Module):
    """The denoiser together with the text encoder, as both learn."""

    def __init__(self, denoiser: LTXVideoTransformer3DModel, text_encoder: T5EncoderModel) -> None:
        super().__init__()
        self.denoiser = denoiser
        self.text_encoder = text_encoder
        self._tokenizer: PreTrainedTokenizerFast = make_tokenizer()

    def embed(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Embeddings [B, T, E] of sentences and their mask [B, T]; words attend to padding, as in LTX's
        pipelines, and what is only padding goes."""
        words = self._tokenizer(
            list(texts), padding="max_length", max_length=MAX_TOKENS, truncation=True, return_tensors="pt"
        )
        longest = int(words.attention_mask.sum(dim=1).max())
        hidden = self.text_encoder(words.input_ids).last_hidden_state
        return hidden[:, :longest], words.attention_mask[:, :longest]

    def forward(
        self, latents: torch.Tensor, sigma: torch.Tensor, words: tuple[torch.Tensor, torch.Tensor]
    ) -> torch.Tensor:
        """Velocity [B, C, F, h, w] at noise levels `sigma` [B]; the first latent frame is clean."""
        batch, _, frames, rows, columns = latents.shape
        tokens = latents.flatten(2).transpose(1, 2)
        times = (1000 * sigma)[:, None].repeat(1, tokens.shape[1])
        times[:, : rows * columns] = 0
        places = positions(frames, rows, columns, FPS).expand(batch, -1, -1)
        velocity = self.denoiser(tokens, words[0], times, words[1], video_coords=places, return_dict=False)[0]
        return velocity.transpose(1, 2).unflatten(2, (frames, rows, columns))


def train_denoiser(model: Prompted, clips: Clips, course: Course, batch: int) -> None:
    """Learns velocities until the budget is spent; each time a clip comes it is told in other words."""
    model.train()
    latents = clips.latents
    changed = (latents[:, :, 1:] - latents[:, :, :1]).square().mean(dim=1, keepdim=True)
    weights = 1 + CHANGED * (changed / changed.mean()).clamp(max=4) / 4
    while course.progress < 1:
        random = course.random()
        picked = random.choice(len(latents), size=batch, replace=len(latents) < batch)
        texts = [caption(random, clips.scenes[i], clips.motions[i]) for i in picked]
        levels = np.sqrt(random.uniform(size=batch))
        grid = random.choice(SIGMAS[:-1], size=batch, p=GRID)
        sigma = torch.from_numpy(np.where(random.uniform(size=batch) < ON_GRID, grid, levels)).float()
        clean = latents[picked]
        noise = torch.from_numpy(random.standard_normal(clean.shape, dtype=np.float32))
        level = sigma[:, None, None, None, None]
        noisy = (1 - level) * clean + level * noise
        noisy[:, :, 0] = clean[:, :, 0]
        velocity = model(noisy, sigma, model.embed(texts))
        errors = (velocity - (noise - clean))[:, :, 1:].square()
        loss = (errors * weights[picked]).mean()
        per_clip = errors.detach().mean(dim=(1, 2, 3, 4))
        high = per_clip[sigma > 0.9].mean() if bool((sigma > 0.9).any()) else per_clip.mean()
        course.advance(loss, {"loss": loss, "velocity": errors.mean(), "noisiest": high})
    course.finish()


@torch.no_grad()
def sample(
    model: Prompted, pictures: torch.Tensor, texts: Sequence[str], noise: torch.Tensor
) -> torch.Tensor:
    """Normalised latents [B, C, F, h, w] from those of first frames [B, C, h, w] and from noise, Euler over
    `SIGMAS`."""
    latents = noise.clone()
    words = model.embed(texts)
    for level, lower in pairwise(SIGMAS):
        latents[:, :, 0] = pictures
        velocity = model(latents, torch.full((len(pictures),), level), words)
        latents = latents - (level - lower) * velocity
    latents[:, :, 0] = pictures
    return latents
