"""Pictures to look at, and the held-back scenes that the product's own test runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from stillwake_export.presets import PRESET_PROMPTS

from .captions import MAX_TOKENS, make_tokenizer
from .faithful import Faithful
from .scenes import COLOURS
from .score import Trial, first_pictures

ACROSS = 8
"""Scenes in a row of `scenes.png`."""
SHOWN = (0, 4, 8, 12, 16)
ODD = (
    "",
    "The DISC  moves   LEFT.",
    "xyzzy wobbles, then stops!",
    "déjà-vu 😀 漢字 ﬁsh",
    "left" * 30,
    "the star moves up and " * 20,
)
"""Prompts that a tokenizer may trip over."""


def _bytes(picture: np.ndarray) -> np.ndarray:
    """[3, H, W] of 0…1 to [H, W, 3] of bytes."""
    return np.round(picture.transpose(1, 2, 0) * 255).astype(np.uint8)


def write_sheet(file: Path, clips: np.ndarray, columns: int = 3) -> None:
    """Some frames of each clip [n, 3, frames, H, W] beside each other."""
    rows = [np.concatenate([clip[:, k] for k in SHOWN], axis=2) for clip in clips]
    while len(rows) % columns:
        rows.append(np.zeros_like(rows[0]))
    parts = [np.concatenate(rows[k::columns], axis=1) for k in range(columns)]
    Image.fromarray(_bytes(np.concatenate(parts, axis=2))).save(file)


def write_scenes(folder: Path, trials: Sequence[Trial], told: dict[str, object]) -> None:
    """`scenes.png`, a grid of first frames; `scenes.json`, what is asked of each and how training went."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures, tokenizer = first_pictures(trials), make_tokenizer()
    rows = [
        np.concatenate(list(pictures[start : start + ACROSS]), axis=2)
        for start in range(0, len(pictures) - len(pictures) % ACROSS, ACROSS)
    ]
    Image.fromarray(_bytes(np.concatenate(rows, axis=1))).save(folder / "scenes.png", optimize=True)
    content = {
        "across": ACROSS,
        "training": told,
        "scenes": [
            {
                "shape": trial.scene.shape,
                "colour": trial.scene.colour,
                "rgb": COLOURS[trial.scene.colour],
                "background": trial.scene.background,
                "x": round(trial.scene.x, 2),
                "y": round(trial.scene.y, 2),
                "radius": round(trial.scene.radius, 2),
                "direction": trial.direction,
                "speed": trial.speed,
                "text": trial.text,
            }
            for trial in trials
        ],
        "tokens": [
            {"text": text, "ids": tokenizer(text, truncation=True, max_length=MAX_TOKENS).input_ids}
            for text in (*ODD, *PRESET_PROMPTS.values(), *(trial.text for trial in trials))
        ],
    }
    (folder / "scenes.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def write_clips(folder: Path, clips: Sequence[Faithful]) -> None:
    """`clips.png`, PyTorch's frames of the first scenes, a clip a row; `noise.bin`, what they began as."""
    rows = [np.concatenate(list(clip.frames), axis=1) for clip in clips]
    Image.fromarray(np.concatenate(rows, axis=0)).save(folder / "clips.png", optimize=True)
    noise = np.concatenate([clip.noise for clip in clips]).astype("<f4")
    (folder / "noise.bin").write_bytes(noise.tobytes())
