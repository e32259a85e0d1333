"""Reads one tensor at a time from a diffusers-layout folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from safetensors import safe_open


class Weights(Protocol):
    """Tensors of a model by their state-dict names."""

    def array(self, name: str) -> np.ndarray:
        """A tensor as float32, a copy of the caller's own."""
        ...

    def rows(self, name: str, start: int, stop: int) -> np.ndarray:
        """Rows `start` up to `stop` of a tensor as float32; fewer where it ends before."""
        ...

    def has(self, name: str) -> bool:
        """Whether the model has a tensor of this name."""
        ...


@dataclass(frozen=True)
class StateWeights:
    """Weights of a module that is in memory already."""

    state: Mapping[str, torch.Tensor]

    def array(self, name: str) -> np.ndarray:
        """A tensor as float32."""
        return self.state[name].detach().to(torch.float32).cpu().numpy().copy()

    def rows(self, name: str, start: int, stop: int) -> np.ndarray:
        """Some rows of a tensor as float32."""
        return self.state[name][start:stop].detach().to(torch.float32).cpu().numpy().copy()

    def has(self, name: str) -> bool:
        """Whether the module has a tensor of this name."""
        return name in self.state


class FileWeights:
    """Weights in safetensors files, of which nothing stays in memory."""

    def __init__(self, files: list[Path]) -> None:
        self._files: dict[str, Path] = {}
        for file in files:
            with safe_open(file, framework="pt") as tensors:
                self._files.update({name: file for name in tensors.keys()})  # noqa: SIM118

    def array(self, name: str) -> np.ndarray:
        """A tensor as float32, read now."""
        if name not in self._files:
            raise KeyError(f"the checkpoint has no tensor {name}")
        with safe_open(self._files[name], framework="pt") as tensors:
            return tensors.get_tensor(name).to(torch.float32).numpy().copy()

    def rows(self, name: str, start: int, stop: int) -> np.ndarray:
        """Some rows of a tensor as float32, read now."""
        with safe_open(self._files[name], framework="pt") as tensors:
            return tensors.get_slice(name)[start:stop].to(torch.float32).numpy().copy()

    def has(self, name: str) -> bool:
        """Whether one of the files has a tensor of this name."""
        return name in self._files


@dataclass(frozen=True)
class Component:
    """A part of a checkpoint: its `config.json` and its weights."""

    config: dict[str, object]
    weights: Weights


def read_config(folder: Path) -> dict[str, object]:
    """`config.json` of a component's folder."""
    return json.loads((folder / "config.json").read_text("utf-8"))


def open_component(folder: Path) -> Component:
    """A component's folder with a `config.json` and safetensors files, one or several."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise FileNotFoundError(f"no safetensors file in {folder}")
    return Component(read_config(folder), FileWeights(files))


@dataclass(frozen=True)
class Scope:
    """Weights below a prefix."""

    weights: Weights
    prefix: str = ""

    def array(self, name: str) -> np.ndarray:
        """The tensor `prefix + name` as float32."""
        return self.weights.array(self.prefix + name)

    def rows(self, name: str, start: int, stop: int) -> np.ndarray:
        """Some rows of the tensor `prefix + name` as float32."""
        return self.weights.rows(self.prefix + name, start, stop)

    def has(self, name: str) -> bool:
        """Whether there is a tensor `prefix + name`."""
        return self.weights.has(self.prefix + name)

    def at(self, name: str) -> Scope:
        """The scope below `name`."""
        return Scope(self.weights, f"{self.prefix}{name}.")
