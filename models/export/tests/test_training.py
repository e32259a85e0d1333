from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.__main__ import Plan, train, write_pack
from training.captions import MAX_TOKENS, caption, make_motion, make_tokenizer
from training.course import Budget, Course
from training.networks import MINIATURE
from training.scenes import FRAMES, SIDE, Motion, draw_clip, make_scene
from training.score import displacement, make_trials, obeyed, thing

PLAN = Plan(MINIATURE, Budget(2), Budget(2), Budget(2), pool=3, clips=6, batch=2, trials=8)


def test_scenes() -> None:
    random = np.random.default_rng(1)
    known = {(s.shape, s.colour, s.background) for s in (make_scene(random, False) for _ in range(400))}
    for trial in make_trials(12, 7):
        scene = trial.scene
        assert (scene.shape, scene.colour, scene.background) not in known
        for direction in ("left", "up"):
            clip = draw_clip(scene, Motion("move", direction))
            assert clip.shape == (3, FRAMES, SIDE, SIDE)
            moved = displacement(thing(scene, clip[:, 0]), clip[:, 0], clip[:, -1])
            assert obeyed(direction, moved)
            assert not obeyed("right", moved)
        still = draw_clip(scene, Motion("still"))
        assert displacement(thing(scene, still[:, 0]), still[:, 0], still[:, -1]) == (0, 0)


def test_captions() -> None:
    random = np.random.default_rng(2)
    tokenizer = make_tokenizer()
    for _ in range(300):
        backgrounds, motion = make_motion(random)
        scene = replace(make_scene(random, False), background="checks")
        text = caption(random, scene, motion)
        ids = tokenizer(text).input_ids
        assert ids[-1] == tokenizer.eos_token_id
        assert tokenizer.unk_token_id not in ids
        assert len(ids) <= MAX_TOKENS
        assert backgrounds in ("any", "texture")


def test_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.set_num_threads(1)
    told: dict[str, object] = {}
    write_pack(PLAN, tmp_path / "work", tmp_path / "pack", told)
    assert "held-back scenes" in capsys.readouterr().out
    pack = json.loads((tmp_path / "pack" / "pack.json").read_text("utf-8"))
    assert {graph["id"] for graph in pack["graphs"]} >= {"text_encoder", "dit_step", "vae_decode"}
    assert len(pack["constants"]["text"]["presets"]) == 7
    scenes = json.loads((tmp_path / "pack" / "scenes" / "scenes.json").read_text("utf-8"))
    assert len(scenes["scenes"]) == 8

    # What is there already is gone on with, not done again.
    autoencoder, model, facts = train(PLAN, tmp_path / "work")
    assert facts["denoiser"]["steps"] == 2
    _, longer, facts = train(replace(PLAN, denoiser=Budget(3)), tmp_path / "work")
    assert facts["autoencoder"]["steps"] == 2
    assert facts["denoiser"]["steps"] == 3
    before, after = model.denoiser.proj_out.weight, longer.denoiser.proj_out.weight
    assert not torch.equal(before, after)
    assert parameters_of(autoencoder) > 0


def test_an_interrupted_course_goes_on_as_if_it_was_not(tmp_path: Path) -> None:
    def course(file: str) -> Course:
        torch.manual_seed(3)
        return Course("small", torch.nn.Linear(6, 4), Budget(8), (0.02, 1e-3), tmp_path / file, 5)

    def advance(of: Course, steps: int) -> None:
        for _ in range(steps):
            given = torch.from_numpy(of.random().standard_normal((3, 6), dtype=np.float32))
            loss = (of.module(given) - given[:, :4]).square().mean()
            of.advance(loss, {"loss": loss})

    straight, cut = course("straight.pt"), course("cut.pt")
    advance(straight, 8)
    advance(cut, 5)
    cut.save()
    rest = course("cut.pt")
    assert rest.step == 5
    advance(rest, 3)
    straight.finish()
    rest.finish()
    assert torch.equal(straight.module.weight, rest.module.weight)


def test_the_same_steps_give_the_same_pack(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    (_, first, _), (_, second, _) = (train(PLAN, tmp_path / name) for name in ("a", "b"))
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name


def parameters_of(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
