"""First course: clips to latents and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoencoderKLLTXVideo

from .captions import make_motion
from .course import Course
from .scenes import FRAMES, SIDE, TEXTURES, Motion, Scene, draw_clip, make_scene

DIVERGENCE = 1e-5
"""More of it, or noise of the latents' own size at the start, and nothing is ever written into them."""
FIRST_LOG_VARIANCE = -5.0
NOISE = 0.12
"""What the decoder has to bear, as a share of the latents' deviation."""
EDGES = 0.5
PLAIN_MARGIN = 8.0
SQUARES = 2.0


def random_clip(random: np.random.Generator, margin: float) -> tuple[Scene, Motion, np.ndarray]:
    """A scene that training may see, what happens in it, and its frames."""
    backgrounds, motion = make_motion(random)
    scene = make_scene(random, held_back=False, margin=margin)
    while backgrounds == "texture" and scene.background not in TEXTURES:
        scene = make_scene(random, held_back=False, margin=margin)
    return scene, motion, draw_clip(scene, motion)


def _differences(frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return frames[..., 1:, :] - frames[..., :-1, :], frames[..., 1:] - frames[..., :-1]


def prepare(model: AutoencoderKLLTXVideo) -> None:
    """Starts as little more than its shortcuts, with little noise in the latents; untouched it first learns
    to forget them."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("conv.weight"):
                parameter.mul_(0 if ".conv2." in name else 3**0.5)
        last = model.encoder.conv_out.conv
        last.weight.mul_(2)
        last.weight[-1].zero_()
        last.bias[-1].fill_(FIRST_LOG_VARIANCE)


def _pool(seed: int, count: int) -> np.ndarray:
    """Clips [count, 3, FRAMES, SIDE, SIDE] as bytes."""
    clips = np.empty((count, 3, FRAMES, SIDE, SIDE), dtype=np.uint8)
    for i in range(count):
        clips[i] = np.round(255 * random_clip(np.random.default_rng([seed, 1, i]), PLAIN_MARGIN)[2])
    return clips


@dataclass(frozen=True)
class Lesson:
    """What is shown `until` a part of the course: `count` crops of `side` pixels and `frames` frames."""

    until: float
    side: int
    frames: int
    count: int


LESSONS = (Lesson(0.3, SIDE, 1, 8), Lesson(0.85, 48, 9, 4), Lesson(1.0, SIDE, FRAMES, 2))
"""Pictures first: a picture costs a tenth of a clip, and teaches where things are all the same."""
DECODER_LESSONS = (Lesson(0.3, 48, 9, 4), Lesson(1.0, SIDE, FRAMES, 2))


def _changed(random: np.random.Generator, clip: np.ndarray, lesson: Lesson) -> np.ndarray:
    """Part of a clip, mirrored and with its colours exchanged, as −1…1."""
    x, y = random.integers(SIDE - lesson.side + 1, size=2)
    start = int(random.integers(FRAMES - lesson.frames + 1))
    clip = clip[:, start : start + lesson.frames, y : y + lesson.side, x : x + lesson.side]
    clip = clip[random.permutation(3)]
    for axis in (1, 2, 3):
        if random.uniform() < 0.5:
            clip = np.flip(clip, axis)
    return clip.astype(np.float32) / 127.5 - 1


def _noisy(latents: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
    """Noise in proportion, or latents grow until a little of it does not matter."""
    generator = torch.Generator().manual_seed(int(random.integers(1 << 62)))
    return latents + NOISE * latents.detach().std() * torch.randn(latents.shape, generator=generator)


def _errors(again: torch.Tensor, frames: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """How unlike two clips are, and its parts."""
    plain, squared = (again - frames).abs().mean(), (again - frames).square().mean()
    pairs = zip(_differences(again), _differences(frames), strict=True)
    edges = sum(((a - b).abs().mean() for a, b in pairs), start=torch.zeros(()))
    shown = {"l1": plain, "edges": edges, "db": -10 * torch.log10(squared / 4)}
    return plain + SQUARES * squared + EDGES * edges, shown


def train_autoencoder(model: AutoencoderKLLTXVideo, course: Course, pool_size: int) -> None:
    """Learns to draw clips again from their latents, a little noise in them, until the budget is spent.

    `pool_size` clips are drawn once and seen again and again, each time in other colours.
    """
    model.train()
    pool = _pool(course.seed, pool_size) if course.progress < 1 else np.empty(0)
    while course.progress < 1:
        random = course.random()
        lesson = next(lesson for lesson in LESSONS if course.progress < lesson.until)
        picked = random.integers(pool_size, size=lesson.count)
        frames = torch.from_numpy(np.stack([_changed(random, pool[i], lesson) for i in picked]))
        latent = model.encode(frames).latent_dist
        loss, shown = _errors(model.decode(_noisy(latent.mean, random)).sample, frames)
        divergence = 0.5 * (latent.mean.square() + latent.var - 1 - latent.logvar).mean()
        course.advance(loss + DIVERGENCE * divergence, {**shown, "kl": divergence})
    course.finish()


def train_decoder(model: AutoencoderKLLTXVideo, course: Course, pool_size: int) -> None:
    """Goes on with the decoder alone: latents stay what the denoiser has learnt."""
    model.eval()
    model.decoder.train()
    pool = _pool(course.seed + 1, pool_size) if course.progress < 1 else np.empty(0)
    while course.progress < 1:
        random = course.random()
        lesson = DECODER_LESSONS[int(course.progress >= DECODER_LESSONS[0].until)]
        picked = random.integers(pool_size, size=lesson.count)
        frames = torch.from_numpy(np.stack([_changed(random, pool[i], lesson) for i in picked]))
        with torch.no_grad():
            latents = _noisy(model.encode(frames).latent_dist.mean, random)
        course.advance(*_errors(model.decode(latents).sample, frames))
    course.finish()


@torch.no_grad()
def measure_latents(model: AutoencoderKLLTXVideo, means: torch.Tensor) -> None:
    """Puts mean and deviation of each channel of `means` [n, C, F, h, w] into the checkpoint."""
    channels = means.transpose(0, 1).flatten(1)
    model.latents_mean.copy_(channels.mean(dim=1))
    model.latents_std.copy_(channels.std(dim=1).clamp(min=1e-3))
