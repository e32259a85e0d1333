"""How much each input channel of each product carries when the denoiser runs: weights for the quantizer's
errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

CELLS = 8
FRAMES = 2
LEVELS = (1.0, 0.9, 0.6, 0.2)
"""Noise levels of the runs."""

Run = Callable[[torch.Tensor, torch.Tensor, float], object]
"""Latents [1, C, F, h, w], embedding [1, T, E], noise level."""


class _Meter:
    """Mean squares of what goes into each `nn.Linear`."""

    def __init__(self, model: nn.Module) -> None:
        self.sums: dict[str, torch.Tensor] = {}
        self.counts: dict[str, int] = {}
        linear = [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)]
        self.hooks = [m.register_forward_pre_hook(self._hook(n)) for n, m in linear]

    def _hook(self, name: str) -> Callable[[nn.Module, tuple[torch.Tensor, ...]], None]:
        def add(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            rows = inputs[0].detach().to(torch.float32).flatten(0, -2)
            total = rows.square().sum(0)
            self.sums[name] = self.sums[name] + total if name in self.sums else total
            self.counts[name] = self.counts.get(name, 0) + len(rows)

        return add

    def means(self) -> dict[str, np.ndarray]:
        """Mean squares [K] by the module's name, their own mean 1."""
        found: dict[str, np.ndarray] = {}
        for name, total in self.sums.items():
            mean = (total / self.counts[name]).numpy()
            found[name] = (mean / max(float(mean.mean()), 1e-30)).astype(np.float32)
        return found


@torch.no_grad()
def measure(
    model: nn.Module, run: Run, latents: list[np.ndarray], embeddings: list[np.ndarray]
) -> dict[str, np.ndarray]:
    """Runs the denoiser over noisy still clips of each normalised latent [1, C, h, w] with each embedding
    [T, E]."""
    generator = torch.Generator().manual_seed(5)
    meter = _Meter(model)
    kind = next(model.parameters()).dtype
    for latent, embedding in zip(latents, embeddings, strict=True):
        still = torch.from_numpy(latent)[:, :, None].repeat(1, 1, FRAMES, 1, 1)
        words = torch.from_numpy(embedding)[None].to(kind)
        for level in LEVELS:
            noise = torch.randn(still.shape, generator=generator)
            noisy = (1 - level) * still + level * noise
            noisy[:, :, 0] = still[:, :, 0]
            run(noisy.to(kind), words, level)
    for hook in meter.hooks:
        hook.remove()
    return meter.means()


def open_model(kind: type, folder: Path) -> nn.Module:
    """A denoiser in memory: float32 while that stays below half of 24 GB, else as it is stored."""
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    dtype = torch.float32 if size < 6e9 else torch.bfloat16
    return kind.from_pretrained(folder, local_files_only=True, torch_dtype=dtype).eval()  # type: ignore[attr-defined]
