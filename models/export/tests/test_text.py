from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from stillwake_export import text
from stillwake_export.presets import PRESET_PROMPTS

PROMPTS = {"one": "The camera holds still.", "two": PRESET_PROMPTS["wave-hello"]}


@pytest.mark.parametrize("family", ["ltx", "wan"])
def test_encoder_read_from_its_files_gives_the_same(family: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(f"{family}_folder")
    masked = family == "wan"
    whole = text.embed(folder, PROMPTS, 48, masked)
    pieces = text.embed(folder, PROMPTS, 48, masked, limit=20_000)
    for name, embedding in whole.items():
        assert np.array_equal(pieces[name], embedding)
        # Words, then the end of the sentence; no padding.
        assert 5 < embedding.shape[0] < 48
        assert embedding.shape[1] == 32


def test_long_prompts_are_cut(ltx_folder: Path) -> None:
    assert text.embed(ltx_folder, {"long": "The hand moves. " * 60}, 48, masked=False)["long"].shape == (
        48,
        32,
    )


def test_tokenizer_files(ltx_folder: Path) -> None:
    files = text.tokenizer_files(ltx_folder / "tokenizer")
    tokenizer = json.loads(files["tokenizer.json"])
    assert tokenizer["model"]["type"] == "Unigram"
    assert json.loads(files["tokenizer_config.json"])["eos_token"] == "</s>"


def test_ready_prompts() -> None:
    assert len(PRESET_PROMPTS) == 7
    for prompt in PRESET_PROMPTS.values():
        assert 20 <= len(prompt.split()) <= 50
        assert prompt.endswith("the camera holds still.")
