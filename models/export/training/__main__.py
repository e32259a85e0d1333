"""`python -m training`: trains the small pack that follows prompts, and writes `models/tiny/learned`."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLLTXVideo

from stillwake_export.families import Size
from stillwake_export.layers import Precision
from stillwake_export.ltx import LtxRecipe, write_ltx
from stillwake_export.manifest import PackInfo

from .autoencoder import measure_latents, prepare, train_autoencoder, train_decoder
from .captions import MAX_TOKENS
from .course import Budget, Course
from .denoiser import SIGMAS, Clips, Prompted, encode_clips, train_denoiser
from .faithful import compare_clip
from .networks import (
    Sizes,
    make_autoencoder,
    make_denoiser,
    make_text_encoder,
    parameters,
    save_checkpoint,
)
from .scenes import FPS, FRAMES, REACH, SIDE
from .score import reach, score
from .sheets import write_clips, write_scenes, write_sheet

LEARNED = Path(__file__).parents[2] / "tiny" / "learned"
WORK = Path(tempfile.gettempdir()) / "stillwake-training"
SEED = 20260301
SCENES_SEED = 77
CLIPS = 2
"""Whole clips that are kept to compare with."""
AUTOENCODER_SHARE, DENOISER_SHARE = 0.25, 0.5

INFO = PackInfo(
    id="tiny-learned",
    version="1.0.0",
    title="Small shapes that go where they are told",
    spdx="CC0-1.0",
    licence_text=(
        "Trained from nothing by our own scripts on clips that they draw. No rights reserved: "
        "https://creativecommons.org/publicdomain/zero/1.0/"
    ),
    source="models/export/training",
    tier="standard",
)
RECIPE = LtxRecipe(
    sigmas=SIGMAS,
    fps=FPS,
    max_tokens=MAX_TOKENS,
    sizes=(Size(SIDE, SIDE, FRAMES),),
    tile_frames=(FRAMES - 1) // 4 + 1,
    tile_overlap=2,
)


@dataclass(frozen=True)
class Plan:
    """How long, on how much, and with which widths."""

    sizes: Sizes
    autoencoder: Budget
    denoiser: Budget
    decoder: Budget
    pool: int = 400
    """Clips that the autoencoder learns from."""
    clips: int = 3000
    """Those of the denoiser, in its own latents."""
    batch: int = 16
    trials: int = 40


def prepare_clips(autoencoder: AutoencoderKLLTXVideo, count: int) -> Clips:
    """Normalised latents of drawn clips, whose mean and deviation go into the autoencoder."""
    begun = time.monotonic()
    clips = encode_clips(autoencoder, count, SEED)
    measure_latents(autoencoder, clips.latents)
    mean, std = (value.view(1, -1, 1, 1, 1) for value in (autoencoder.latents_mean, autoencoder.latents_std))
    print(f"{count} clips encoded in {time.monotonic() - begun:.0f} s", flush=True)
    return Clips((clips.latents - mean) / std, clips.scenes, clips.motions)


def train(plan: Plan, work: Path) -> tuple[AutoencoderKLLTXVideo, Prompted, dict[str, object]]:
    """Both courses, gone on with where `work` has them; the networks and what is worth telling."""
    work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    autoencoder = make_autoencoder(plan.sizes)
    prepare(autoencoder)
    model = Prompted(make_denoiser(plan.sizes), make_text_encoder(plan.sizes))
    first = Course("autoencoder", autoencoder, plan.autoencoder, (0.03, 1e-3), work / "autoencoder.pt", SEED)
    train_autoencoder(autoencoder, first, plan.pool)

    second = Course("denoiser", model, plan.denoiser, (0.02, 2e-3), work / "denoiser.pt", SEED)
    statistics = work / "statistics.pt"
    if statistics.exists() and second.progress >= 1:
        autoencoder.load_state_dict({**autoencoder.state_dict(), **torch.load(statistics, weights_only=True)})
        second.finish()
    else:
        clips = prepare_clips(autoencoder, plan.clips)
        torch.save({name: getattr(autoencoder, name) for name in ("latents_mean", "latents_std")}, statistics)
        second.begin()
        train_denoiser(model, clips, second, plan.batch)
    third = Course("decoder", autoencoder.decoder, plan.decoder, (0.02, 1e-3), work / "decoder.pt", SEED)
    train_decoder(autoencoder, third, plan.pool)
    told: dict[str, object] = {
        course.name: {"steps": course.step, "seconds": round(course.spent), "losses": course.last}
        for course in (first, second, third)
    }
    told["parameters"] = parameters(autoencoder, model)
    return autoencoder, model, told


def write_pack(plan: Plan, work: Path, out: Path, told: dict[str, object]) -> None:
    """Trains, scores and exports; `out` is replaced."""
    autoencoder, model, facts = train(plan, work)
    told.update(facts)
    share, found, clips = score(autoencoder, model, plan.trials, SCENES_SEED)
    told["score"] = share
    reached = {
        speed: [reach(trial, moved) for trial, moved in found if trial.speed == speed] for speed in REACH
    }
    told["pixels"] = {speed: round(float(np.mean(far)), 1) for speed, far in reached.items() if far}
    for trial, moved in found:
        print(f"{moved[0]:4} {moved[1]:4}  {trial.text}")
    print(f"{share:.1%} of {plan.trials} held-back scenes go where they are told", flush=True)
    write_sheet(work / "sheet.png", clips)
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = Path(scratch) / "checkpoint"
        save_checkpoint(checkpoint, autoencoder, model.denoiser, model.text_encoder)
        write_ltx(checkpoint, out, INFO, Precision("int8", autoencoder="int8"), RECIPE)
        shutil.copytree(checkpoint, work / "checkpoint", dirs_exist_ok=True)
    (out.parent / f"{out.name}.quantization.json").replace(work / "quantization.json")
    trials = [trial for trial, _ in found]
    faithful = [compare_clip(out, autoencoder, model, trial, 9 + i) for i, trial in enumerate(trials[:CLIPS])]
    told["decibels"] = [round(each.decibels, 2) for each in faithful]
    write_scenes(out / "scenes", trials, told)
    write_clips(out / "scenes", faithful)


def main(arguments: list[str] | None = None) -> None:
    """Trains for as long as is asked, or until the planned steps are done."""
    parser = argparse.ArgumentParser(prog="training", description=__doc__)
    parser.add_argument("--out", type=Path, default=LEARNED, help="folder of the pack, replaced")
    parser.add_argument("--work", type=Path, default=WORK, help="what to go on from")
    parser.add_argument("--minutes", type=float, default=120, help="of training, at most")
    parser.add_argument("--autoencoder-steps", type=int, default=5000)
    parser.add_argument("--denoiser-steps", type=int, default=8000)
    parser.add_argument("--decoder-steps", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    seconds = 60 * options.minutes
    plan = Plan(
        Sizes(),
        Budget(options.autoencoder_steps, AUTOENCODER_SHARE * seconds),
        Budget(options.denoiser_steps, DENOISER_SHARE * seconds),
        Budget(options.decoder_steps, (1 - AUTOENCODER_SHARE - DENOISER_SHARE) * seconds),
    )
    told: dict[str, object] = {}
    write_pack(plan, options.work, options.out, told)
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main()
