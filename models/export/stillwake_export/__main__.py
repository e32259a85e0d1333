"""`python -m stillwake_export`: a checkpoint to a pack."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields, replace
from pathlib import Path

import torch

from . import signing
from .families import Options, Size
from .layers import Precision
from .ltx import LtxRecipe, write_ltx
from .manifest import REPORT_SUFFIX, PackInfo, PackWriter
from .quantize import Grid
from .wan import WanRecipe, write_wan


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stillwake_export", description="Writes a flow pack from a checkpoint."
    )
    commands = parser.add_subparsers(dest="command", required=True)

    key = commands.add_parser("key", help="make a key to sign packs with; prints its public half")
    key.add_argument("file", type=Path)

    sign = commands.add_parser("sign", help="sign a pack that is there already")
    sign.add_argument("folder", type=Path)
    _signing(sign, required=True)

    pack = commands.add_parser("pack", help="write a pack")
    pack.add_argument("family", choices=["ltx", "wan"])
    pack.add_argument("checkpoint", type=Path, help="folder in diffusers' layout")
    pack.add_argument("out", type=Path, help="folder of the pack, new or empty")
    pack.add_argument(
        "--single-file", type=Path, help="denoiser, perhaps autoencoder, in their authors' layout"
    )
    pack.add_argument("--decoder", type=Path, help="wan: a TAEHV checkpoint for its latents")
    pack.add_argument("--id", required=True)
    pack.add_argument("--version", required=True, help="x.y.z")
    pack.add_argument("--title", required=True)
    pack.add_argument("--licence", required=True, help="SPDX expression")
    pack.add_argument("--licence-file", type=Path, required=True, help="the text that travels with the pack")
    pack.add_argument("--source", required=True, help="where the weights come from")
    pack.add_argument("--tier", choices=["standard", "advanced"], default="advanced")
    pack.add_argument("--weights", choices=["fp32", "fp16", "int8", "int4"], default="int4")
    pack.add_argument("--activations", choices=["fp32", "fp16"], default="fp32", help="of the large products")
    pack.add_argument("--autoencoder", choices=["fp16", "int8"], default="fp16", help="unless all is fp32")
    pack.add_argument("--attention", choices=["plain", "fused"], default="fused")
    pack.add_argument("--block", type=int, choices=[32, 64, 128], help="fix the quantizer's block")
    pack.add_argument("--asymmetric", action="store_true", help="with --block: with zero points")
    pack.add_argument("--calibrate", action="store_true", help="weigh errors by a run of the denoiser")
    pack.add_argument("--no-text-encoder", action="store_true", help="only the ready motions")
    pack.add_argument("--recipe", type=Path, help="JSON with fields of the family's recipe to change")
    pack.add_argument(
        "--threads", type=int, default=1, help="more are faster, but sums may differ in the last bit"
    )
    _signing(pack, required=False)
    return parser


def _signing(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument("--sign", type=Path, required=required, metavar="KEY", help="private key in PEM")
    parser.add_argument("--key-id", required=required, help="name that applications know the key by")


def read_recipe(usual: LtxRecipe | WanRecipe, file: Path | None) -> LtxRecipe | WanRecipe:
    """`usual` with the fields that a JSON file changes."""
    if file is None:
        return usual
    changes = json.loads(file.read_text("utf-8"))
    unknown = set(changes) - {f.name for f in fields(usual)}
    if unknown:
        raise ValueError(f"{file} has unknown fields: {', '.join(sorted(unknown))}")
    if "sigmas" in changes:
        changes["sigmas"] = tuple(changes["sigmas"])
    if "sizes" in changes:
        changes["sizes"] = tuple(Size(**size) for size in changes["sizes"])
    return replace(usual, **changes)


def _write(options: argparse.Namespace) -> PackWriter:
    info = PackInfo(
        id=options.id,
        version=options.version,
        title=options.title,
        spdx=options.licence,
        licence_text=options.licence_file.read_text("utf-8"),
        source=options.source,
        tier=options.tier,
    )
    bits = 4 if options.weights == "int4" else 8
    grid = Grid(bits, options.block, not options.asymmetric) if options.block else None
    precision = Precision(
        options.weights, options.activations, options.attention, grid, autoencoder=options.autoencoder
    )
    used = Options(not options.no_text_encoder, options.calibrate, options.single_file)
    if options.family == "ltx":
        recipe = read_recipe(LtxRecipe(), options.recipe)
        assert isinstance(recipe, LtxRecipe)
        return write_ltx(options.checkpoint, options.out, info, precision, recipe, used)
    if options.decoder is None:
        raise ValueError("a Wan pack needs --decoder")
    recipe = read_recipe(WanRecipe(), options.recipe)
    assert isinstance(recipe, WanRecipe)
    return write_wan(options.checkpoint, options.decoder, options.out, info, precision, recipe, used)


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.command == "key":
        print(signing.make_key(options.file))
        return 0
    if (options.sign is None) != (options.key_id is None):
        raise ValueError("--sign and --key-id belong together")
    folder = options.folder if options.command == "sign" else options.out
    if options.command == "pack":
        # A key that can't be read is known before an hour's work, not after it.
        if options.sign is not None:
            signing.read_key(options.sign)
        torch.set_num_threads(options.threads)
        pack = _write(options)
        sizes = [file.stat().st_size for file in folder.iterdir()]
        print(f"{folder}: {sum(sizes) / 1e6:.1f} MB in {len(sizes)} files")
        for graph, errors in pack.report.items():
            worst = max(errors, key=lambda error: error.weighted_error)
            mean = sum(error.weighted_error for error in errors) / len(errors)
            print(f"{graph}: error {mean:.4f} on average, {worst.weighted_error:.4f} in {worst.layer}")
        if pack.report:
            print(f"each layer's error: {folder.name}{REPORT_SUFFIX} beside the pack")
    if options.sign is not None:
        signing.sign_pack(folder, signing.read_key(options.sign), options.key_id)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"stillwake_export: {error}")
