from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stillwake_export.goldens import ltx_checkpoint, wan_checkpoint

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def ltx_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ltx")
    ltx_checkpoint.make_checkpoint(folder)
    return folder


@pytest.fixture(scope="session")
def wan_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wan")
    wan_checkpoint.make_checkpoint(folder)
    return folder
