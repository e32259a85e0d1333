"""A course of training that can be interrupted: its budget, its rate, its file."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from .muon import Muon
from .networks import Average

WARM_UP = 50
SAVE_SECONDS = 60.0
PRINT_STEPS = 50


def is_matrix(name: str, value: torch.Tensor) -> bool:
    """Whether a parameter turns many numbers into many others; tables and the timesteps' branches do not."""
    return value.ndim >= 2 and not any(
        part in name for part in ("table", "time_embed", "shared", "bias", "embed_tokens")
    )


@dataclass
class Budget:
    """A course ends after `steps`, or after `seconds` where they are over first."""

    steps: int
    seconds: float = math.inf


@dataclass
class Course:
    """One module, or several in one, on its way; `file` has all that is needed to go on."""

    name: str
    module: torch.nn.Module
    budget: Budget
    rates: tuple[float, float]
    """Of matrices and convolutions, and of all the rest."""
    file: Path
    seed: int
    step: int = 0
    spent: float = 0.0
    losses: list[tuple[int, list[float]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Goes on from the file where there is one."""
        named = list(self.module.named_parameters())
        large = [value for name, value in named if is_matrix(name, value)]
        others = [value for name, value in named if not is_matrix(name, value)]
        self.optimizers: list[torch.optim.Optimizer] = [
            Muon(large, self.rates[0]),
            torch.optim.AdamW(others, lr=self.rates[1], betas=(0.9, 0.99), weight_decay=0.0),
        ]
        self.average = Average(self.module)
        self._sums: np.ndarray | None = None
        self._saved = self._begun = time.monotonic()
        self._ended = False
        if self.file.exists():
            kept = torch.load(self.file, weights_only=True)
            self.module.load_state_dict(kept["module"])
            for optimizer, state in zip(self.optimizers, kept["optimizers"], strict=True):
                optimizer.load_state_dict(state)
            self.average.load(kept["average"])
            self.step, self.spent = kept["step"], kept["spent"]
            self.losses = [(int(step), list(values)) for step, values in kept["losses"]]

    @property
    def progress(self) -> float:
        """0…1; 1 is the end."""
        return max(self.step / max(1, self.budget.steps), self.seconds / self.budget.seconds)

    @property
    def seconds(self) -> float:
        """Time spent, that of earlier runs counted in."""
        return self.spent if self._ended else self.spent + time.monotonic() - self._begun

    @property
    def last(self) -> list[float]:
        """What was printed last, four digits."""
        return [float(f"{value:.4g}") for value in self.losses[-1][1]] if self.losses else []

    def begin(self) -> None:
        """Starts the clock again: what went before was preparation."""
        self._saved = self._begun = time.monotonic()

    def random(self) -> np.random.Generator:
        """Numbers of this very step, whatever ran before."""
        return np.random.default_rng([self.seed, self.step])

    def advance(self, loss: torch.Tensor, shown: Mapping[str, torch.Tensor]) -> None:
        """Takes a step down `loss`; prints the means of `shown` now and then, and saves."""
        left = 0.5 * (1 + math.cos(math.pi * min(1.0, self.progress)))
        for optimizer, rate in zip(self.optimizers, self.rates, strict=True):
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1.0, (self.step + 1) / WARM_UP) * max(0.02, left)
        loss.backward()
        for optimizer in self.optimizers:
            optimizer.step()
        self.average.follow(self.module, self.step)
        self.step += 1
        values = np.array([float(value.detach()) for value in shown.values()])
        self._sums = values if self._sums is None else self._sums + values
        if self.step % PRINT_STEPS == 0:
            means = (self._sums / PRINT_STEPS).tolist()
            self._sums = None
            self.losses.append((self.step, means))
            text = " ".join(f"{name} {mean:.4f}" for name, mean in zip(shown, means, strict=True))
            print(f"{self.name} {self.step} ({self.seconds:.0f} s): {text}", flush=True)
        if time.monotonic() - self._saved > SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Writes the file, all or nothing."""
        state = {
            "module": self.module.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "average": self.average.state,
            "step": self.step,
            "spent": self.seconds,
            "losses": self.losses,
        }
        fresh = self.file.with_suffix(".new")
        torch.save(state, fresh)
        os.replace(fresh, self.file)
        self._saved = time.monotonic()

    def finish(self) -> None:
        """Saves, and leaves the average's weights in the module."""
        self.spent, self._ended = self.seconds, True
        self.save()
        self.module.load_state_dict(self.average.state)
        self.module.eval()
