"""Clips of a thing that moves over a background, drawn from numbers."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from .shapes import CREATURE, OUTLINES, SHAPES, SPRITE_CELLS, coverage, make_sprite

SIDE = 64
FRAMES = 17
FPS = 8.0

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.88, 0.16, 0.14),
    "orange": (0.96, 0.55, 0.10),
    "yellow": (0.97, 0.88, 0.20),
    "green": (0.18, 0.70, 0.25),
    "cyan": (0.20, 0.82, 0.85),
    "blue": (0.15, 0.30, 0.88),
    "purple": (0.55, 0.20, 0.75),
    "pink": (0.97, 0.55, 0.75),
    "white": (0.97, 0.97, 0.97),
    "black": (0.06, 0.06, 0.08),
}
BACKGROUNDS = ("plain", "sky", "side", "slope", "spot", "checks", "stripes", "dots", "clouds")
TEXTURES = ("checks", "dots", "clouds")
"""Backgrounds whose own motion shows in every direction."""

DIRECTIONS: dict[str, tuple[int, int]] = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
REACH = {"slowly": 9.0, "": 17.0, "quickly": 26.0}
"""Pixels from the first frame to the last, by how fast."""

CONTRAST = 0.45
HELD_BACK_SHARE = 12


@dataclass(frozen=True)
class Motion:
    """What happens: `kind` is `move`, `texture` (the background moves), `still`, or the name of a sway."""

    kind: str
    direction: str = "right"
    speed: str = ""
    ending: str = ""

    def offsets(self) -> np.ndarray:
        """Pixels to the right, pixels down and growth per frame, [FRAMES, 3]."""
        t = np.linspace(0, 1, FRAMES)
        if self.kind in ("move", "texture"):
            along = {"": t, "stops": np.minimum(2 * t, 1) * 0.6, "returns": 1 - np.abs(1 - 2 * t)}[
                self.ending
            ]
            x, y = DIRECTIONS[self.direction]
            pixels = REACH[self.speed] * along
            return np.stack([x * pixels, y * pixels, 0 * t], axis=1)
        turn = np.sin(2 * np.pi * t)
        across, down, grow = SWAYS[self.kind]
        return np.stack([across * turn, down * np.sin(4 * np.pi * t), grow * turn], axis=1)


SWAYS: dict[str, tuple[float, float, float]] = {
    "still": (0.0, 0.0, 0.0),
    "gentle-movement": (2.5, 0.8, 0.0),
    "turn-to-camera": (0.0, 0.0, 0.12),
    "hair-in-wind": (3.0, 0.0, 0.0),
    "smile-and-blink": (0.0, 1.5, 0.0),
    "wave-hello": (2.0, 2.0, 0.0),
    "breathing": (0.0, 0.0, 0.10),
    "look-around": (4.5, 0.0, 0.0),
}
"""Pixels across (once there and back), pixels down (twice), growth; by ready motion."""


@dataclass(frozen=True)
class Scene:
    """A picture before anything moves; `seed` draws what has no name."""

    shape: str
    colour: str
    background: str
    x: float
    y: float
    radius: float
    seed: int

    @property
    def held_back(self) -> bool:
        """Whether training never draws this shape in this colour on this background, wherever it stands."""
        name = f"{self.shape}/{self.colour}/{self.background}"
        return zlib.crc32(name.encode()) % HELD_BACK_SHARE == 0


def _ground(random: np.random.Generator, avoid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two colours for the background, both unlike `avoid`."""
    while True:
        base = random.uniform(0.08, 0.92, 3)
        other = np.clip(base + random.uniform(0.12, 0.3) * random.choice([-1, 1]), 0, 1)
        if min(np.linalg.norm(base - avoid), np.linalg.norm(other - avoid)) > CONTRAST:
            return base, other


def make_scene(random: np.random.Generator, held_back: bool, margin: float = 20.0) -> Scene:
    """A scene at random, of those held back or of the others; its middle stays `margin` from every edge."""
    while True:
        scene = Scene(
            shape=str(random.choice(SHAPES)),
            colour=str(random.choice(list(COLOURS))),
            background=str(random.choice(BACKGROUNDS)),
            x=float(random.uniform(margin, SIDE - margin)),
            y=float(random.uniform(margin, SIDE - margin)),
            radius=float(random.uniform(8.5, 12.5)),
            seed=int(random.integers(1 << 31)),
        )
        if scene.held_back == held_back:
            return scene


def _pattern(kind: str, x: np.ndarray, y: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """How much of the second colour there is at `x`, `y`, 0…1; every kind draws the same count of numbers."""
    draw = random.uniform(size=12)
    if kind == "plain":
        return 0 * x
    if kind in ("sky", "side", "slope"):
        along = {"sky": y, "side": x, "slope": (x + y) / 2}[kind]
        return np.clip(along / SIDE, 0, 1)
    if kind == "spot":
        return np.clip(np.hypot(x - SIDE * draw[0], y - SIDE * draw[1]) / SIDE, 0, 1)
    step = 16 + 10 * draw[0]
    px, py = 2 * np.pi * (x / step + draw[1]), 2 * np.pi * (y / step + draw[2])
    if kind == "checks":
        return 0.5 + 0.5 * np.tanh(3 * np.sin(px) * np.sin(py))
    if kind == "stripes":
        return 0.5 + 0.5 * np.tanh(2 * np.sin(px if draw[3] < 0.5 else py))
    if kind == "dots":
        return np.clip(1.5 * (np.cos(px) + np.cos(py)) - 1, 0, 1)
    waves = 0 * x
    for k in range(3):
        angle, length = 2 * np.pi * draw[3 + k], 22 + 20 * draw[6 + k]
        waves = waves + np.sin(2 * np.pi * ((x * np.cos(angle) + y * np.sin(angle)) / length + draw[9 + k]))
    return np.clip(0.5 + waves / 4, 0, 1)


def draw_clip(scene: Scene, motion: Motion) -> np.ndarray:
    """Frames [3, FRAMES, SIDE, SIDE] of 0…1 as float32."""
    random = np.random.default_rng(scene.seed)
    colour = np.array(COLOURS[scene.colour])
    base, other = _ground(random, colour)
    sprite = make_sprite(random)
    shade = random.uniform(-0.12, 0.12)
    offsets = motion.offsets()[:, :, None, None].astype(np.float32)
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) + np.float32(0.5)
    textured = motion.kind == "texture"
    if textured:
        share = _pattern(scene.background, x - offsets[:, 0], y - offsets[:, 1], random)
    else:
        share = np.broadcast_to(_pattern(scene.background, x, y, random), (FRAMES, SIDE, SIDE))
    ground = base[:, None, None, None] + (other - base)[:, None, None, None] * share
    if textured:
        return ground.astype(np.float32)

    radius = scene.radius * (1 + offsets[:, 2])
    u = (x - scene.x - offsets[:, 0]) / radius
    v = (y - scene.y - offsets[:, 1]) / radius
    fill = colour[:, None, None, None] * (1 + shade * v)
    if scene.shape == CREATURE:
        inside, fill = _creature(sprite, u, v, radius, fill)
    else:
        inside = coverage(OUTLINES[scene.shape](u, v), radius)
    return np.clip(ground + (fill - ground) * inside, 0, 1).astype(np.float32)


def _creature(
    sprite: np.ndarray, u: np.ndarray, v: np.ndarray, radius: np.ndarray, fill: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cover and colour of a bitmap that spans −0.95…0.95, its cells' edges blended over a pixel."""
    cell = SPRITE_CELLS / 1.9
    row, column = (v + 0.95) * cell - 0.5, (u + 0.95) * cell - 0.5
    sharp = radius / cell
    padded = np.pad(sprite, 1)
    inside, eyes = np.zeros_like(u), np.zeros_like(u)
    y0, x0 = np.floor(row).astype(int), np.floor(column).astype(int)
    fy = np.clip((row - y0 - 0.5) * sharp + 0.5, 0, 1)
    fx = np.clip((column - x0 - 0.5) * sharp + 0.5, 0, 1)
    for dy in (0, 1):
        for dx in (0, 1):
            picked = padded[
                np.clip(y0 + dy + 1, 0, SPRITE_CELLS + 1), np.clip(x0 + dx + 1, 0, SPRITE_CELLS + 1)
            ]
            weight = (fy if dy else 1 - fy) * (fx if dx else 1 - fx)
            inside += weight * (picked > 0)
            eyes += weight * (picked == 2)
    contrast = np.where(fill.mean(axis=(1, 2, 3), keepdims=True).mean() > 0.5, 0.1, 0.9)
    return inside, fill + (contrast - fill) * eyes
