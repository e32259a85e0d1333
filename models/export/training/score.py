"""Does a thing go where the sentence says? Found by looking for the first frame's thing in the last one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoencoderKLLTXVideo

from .captions import ENDINGS, NAMES, SPEEDS, VERBS, WAYS
from .denoiser import Prompted, sample
from .networks import SPATIAL, TEMPORAL
from .scenes import COLOURS, DIRECTIONS, FRAMES, SIDE, Motion, Scene, draw_clip, make_scene

MARGIN = 26.0
SEARCH = 30
ALIKE = 0.3
"""How far a pixel of a thing is from the thing's colour, at most."""


@dataclass(frozen=True)
class Trial:
    """A held-back picture and what is asked of it."""

    scene: Scene
    direction: str
    speed: str
    text: str


def make_trials(count: int, seed: int) -> list[Trial]:
    """Scenes that training never draws, all directions as often, told in several ways."""
    trials = []
    for i in range(count):
        random = np.random.default_rng([seed, i])
        scene = make_scene(random, held_back=True, margin=MARGIN)
        direction, speed = list(DIRECTIONS)[i % 4], ("", "slowly", "quickly")[i // 4 % 3]
        name = str(random.choice(NAMES[scene.shape][:2]))
        way = str(random.choice(WAYS[direction]))
        verb = str(random.choice(VERBS)) if i % 2 else "moves"
        words = [
            "the",
            scene.colour if i % 5 == 4 else "",
            name,
            verb,
            way,
            SPEEDS[speed][i % len(SPEEDS[speed])],
        ]
        if i % 10 == 9:
            words.append(ENDINGS["stops"][0])
        trials.append(Trial(scene, direction, speed, " ".join(word for word in words if word)))
    return trials


def thing(scene: Scene, picture: np.ndarray) -> np.ndarray:
    """The thing's own pixels [H, W] in a drawn picture [3, H, W]: near its middle and of its colour."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    colour = np.array(COLOURS[scene.colour]).reshape(3, 1, 1)
    near = np.hypot(x - scene.x, y - scene.y) < scene.radius
    return near & (np.linalg.norm(picture - colour, axis=0) < ALIKE)


def displacement(mask: np.ndarray, first: np.ndarray, later: np.ndarray) -> tuple[int, int]:
    """Pixels right and down at which `later` [3, H, W] looks most like the pixels of `mask` in `first`.

    A place of which less than 60% lies inside the picture is not looked at.
    """
    rows, columns = np.nonzero(mask)
    colours = first[:, rows, columns]
    best, where = np.inf, (0, 0)
    for dy in range(-SEARCH, SEARCH + 1):
        for dx in range(-SEARCH, SEARCH + 1):
            r, c = rows + dy, columns + dx
            inside = (r >= 0) & (r < SIDE) & (c >= 0) & (c < SIDE)
            if inside.mean() < 0.6:
                continue
            error = np.abs(later[:, r[inside], c[inside]] - colours[:, inside]).mean()
            if error < best:
                best, where = error, (dx, dy)
    return where


def make_noise(autoencoder: AutoencoderKLLTXVideo, count: int, seed: int) -> torch.Tensor:
    """What clips begin as, [count, C, F, h, w]."""
    cells = SIDE // SPATIAL
    shape = (count, len(autoencoder.latents_mean), (FRAMES - 1) // TEMPORAL + 1, cells, cells)
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def make_clips(
    autoencoder: AutoencoderKLLTXVideo,
    model: Prompted,
    pictures: np.ndarray,
    texts: Sequence[str],
    noise: torch.Tensor,
) -> np.ndarray:
    """Frames [B, 3, n, H, W] of 0…1 from pictures [B, 3, H, W] of 0…1."""
    mean, std = (value.view(1, -1, 1, 1, 1) for value in (autoencoder.latents_mean, autoencoder.latents_std))
    first = autoencoder.encode(torch.from_numpy(pictures)[:, :, None] * 2 - 1).latent_dist.mean
    latents = sample(model, ((first - mean) / std)[:, :, 0], texts, noise) * std + mean
    frames = autoencoder.decode(latents).sample
    return (frames / 2 + 0.5).clamp(0, 1).numpy()


def first_pictures(trials: Sequence[Trial]) -> np.ndarray:
    """First frames [n, 3, H, W] as bytes would hold them."""
    drawn = np.stack([draw_clip(trial.scene, Motion("still"))[:, 0] for trial in trials])
    return (np.round(drawn * 255) / 255).astype(np.float32)


def obeyed(direction: str, moved: tuple[int, int], least: float = 3.0) -> bool:
    """Whether a displacement is mostly in a direction, and at least some pixels."""
    x, y = DIRECTIONS[direction]
    along = moved[0] * x + moved[1] * y
    across = abs(moved[0] * y) + abs(moved[1] * x)
    return along >= least and along > across


def reach(trial: Trial, moved: tuple[int, int]) -> int:
    """Pixels in the direction that was asked for."""
    x, y = DIRECTIONS[trial.direction]
    return moved[0] * x + moved[1] * y


def score(
    autoencoder: AutoencoderKLLTXVideo, model: Prompted, count: int, seed: int
) -> tuple[float, list[tuple[Trial, tuple[int, int]]], np.ndarray]:
    """Share of held-back scenes that obey, what was measured, and the clips."""
    trials = make_trials(count, seed)
    noise = make_noise(autoencoder, count, seed)
    texts = [trial.text for trial in trials]
    pictures = first_pictures(trials)
    clips = make_clips(autoencoder, model, pictures, texts, noise)
    found = [
        (trial, displacement(thing(trial.scene, picture), clip[:, 0], clip[:, -1]))
        for trial, picture, clip in zip(trials, pictures, clips, strict=True)
    ]
    right = sum(obeyed(trial.direction, moved) for trial, moved in found)
    return right / count, found, clips
