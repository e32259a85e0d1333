from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import LTXVideoTransformer3DModel
from safetensors.torch import load_file, save_file

from stillwake_export.__main__ import main
from stillwake_export.calibrate import measure
from stillwake_export.goldens.__main__ import TINY
from stillwake_export.goldens.replay import compare, load
from stillwake_export.goldens.wan_checkpoint import DECODER_FILE
from stillwake_export.signing import check_pack


def described(tmp_path: Path) -> list[str]:
    (tmp_path / "LICENCE").write_text("Do what you like.", "utf-8")
    text = ["--licence", "CC0-1.0", "--licence-file", str(tmp_path / "LICENCE"), "--source", "here"]
    return ["--id", "tiny", "--version", "1.2.3", "--title", "Tiny", *text]


def test_signed_pack(ltx_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", str(tmp_path / "key.pem")]) == 0
    public = capsys.readouterr().out.strip()
    (tmp_path / "recipe.json").write_text(
        json.dumps({"sigmas": [1, 0.5, 0], "sizes": [{"width": 64, "height": 32, "frames": 9}], "fps": 24})
    )
    signing = ["--sign", str(tmp_path / "key.pem"), "--key-id", "mine"]
    out = tmp_path / "pack"
    arguments = [
        "pack",
        "ltx",
        str(ltx_folder),
        str(out),
        "--calibrate",
        "--recipe",
        str(tmp_path / "recipe.json"),
    ]
    assert main([*arguments, *described(tmp_path), *signing]) == 0
    check_pack(out, public)
    pack = json.loads((out / "pack.json").read_text("utf-8"))
    assert pack["constants"]["sampler"]["sigmas"] == [1, 0.5, 0]
    assert pack["constants"]["fps"] == 24
    assert pack["licence"] == {"spdx": "CC0-1.0", "text": "Do what you like."}
    report = json.loads((tmp_path / "pack.quantization.json").read_text("utf-8"))
    assert any(line["weightedError"] != line["relativeError"] for line in report["dit_step"])
    printed = capsys.readouterr().out
    assert "dit_step: error" in printed
    with pytest.raises(ValueError, match="belong together"):
        main([*arguments[:3], str(tmp_path / "other"), *described(tmp_path), *signing[:2]])
    assert not (tmp_path / "other").exists()


def test_wan_pack(wan_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text(
        json.dumps({"max_tokens": 48, "sizes": [{"width": 96, "height": 64, "frames": 9}]})
    )
    arguments = ["pack", "wan", str(wan_folder), str(tmp_path / "pack"), *described(tmp_path), "--calibrate"]
    more = ["--recipe", str(tmp_path / "recipe.json"), "--weights", "int8", "--attention", "plain"]
    with pytest.raises(ValueError, match="decoder"):
        main([*arguments, *more])
    assert main([*arguments, *more, "--decoder", str(wan_folder / DECODER_FILE)]) == 0
    found = compare(tmp_path / "pack", load(TINY / "wan" / "references"))
    clips = found["clips"]
    assert isinstance(clips, dict)
    assert min(clip["psnr"] for clip in clips.values()) >= 45


def test_unknown_field_of_a_recipe(ltx_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text('{"sigma": []}')
    arguments = ["pack", "ltx", str(ltx_folder), str(tmp_path / "pack"), *described(tmp_path)]
    with pytest.raises(ValueError, match="unknown fields: sigma"):
        main([*arguments, "--recipe", str(tmp_path / "recipe.json")])
    assert not (tmp_path / "pack").exists()


def test_single_file_in_its_authors_layout(ltx_folder: Path, tmp_path: Path) -> None:
    names = {"proj_in": "patchify_proj", "time_embed": "adaln_single", "norm_q": "q_norm", "norm_k": "k_norm"}
    state = {}
    for file in (ltx_folder / "transformer").glob("*.safetensors"):
        for name, tensor in load_file(file).items():
            for ours, theirs in names.items():
                name = name.replace(ours, theirs)
            state[f"model.diffusion_model.{name}"] = tensor
    save_file(state, tmp_path / "all.safetensors")
    plain = ["--weights", "fp32", "--no-text-encoder", *described(tmp_path)]
    main(["pack", "ltx", str(ltx_folder), str(tmp_path / "folder"), *plain])
    main(
        [
            "pack",
            "ltx",
            str(ltx_folder),
            str(tmp_path / "single"),
            *plain,
            "--single-file",
            str(tmp_path / "all.safetensors"),
        ]
    )
    for file in (tmp_path / "folder").iterdir():
        assert file.read_bytes() == (tmp_path / "single" / file.name).read_bytes()


def test_calibration_measures_what_goes_in(ltx_folder: Path) -> None:
    model = LTXVideoTransformer3DModel.from_pretrained(ltx_folder / "transformer").eval()
    seen: list[torch.Tensor] = []

    def run(latents: torch.Tensor, words: torch.Tensor, level: float) -> None:
        tokens = latents.flatten(2).transpose(1, 2)
        seen.append(tokens)
        times, mask = torch.full(tokens.shape[:2], 1000 * level), torch.ones(words.shape[:2])
        model(tokens, words, times, mask, *latents.shape[2:], (0.32, 32, 32))

    random = np.random.default_rng(1)
    latents = [random.normal(size=(1, 16, 2, 3)).astype(np.float32) for _ in range(2)]
    embeddings = [random.normal(size=(n, 32)).astype(np.float32) for n in (5, 9)]
    found = measure(model, run, latents, embeddings)
    expected = torch.cat(seen).flatten(0, 1).square().mean(0).numpy()
    assert found["proj_in"] == pytest.approx(expected / expected.mean(), rel=1e-5)
    assert {name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)} == set(
        found
    )
    assert not any(module._forward_pre_hooks for module in model.modules())
