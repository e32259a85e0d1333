"""`models/tiny/ltx`: a pack of the small LTX-Video checkpoint, and what diffusers makes of that
checkpoint."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ..families import Size
from ..layers import Precision
from ..ltx import LtxRecipe, write_ltx
from ..manifest import PackInfo, hash_sources
from . import ltx_references as made
from .ltx_checkpoint import make_checkpoint
from .references import References
from .replay import write_comparison

INFO = PackInfo(
    id="tiny-ltx",
    version="1.0.0",
    title="A small random LTX-Video",
    spdx="CC0-1.0",
    licence_text="Random numbers in the shape of LTX-Video, made by our own scripts. No rights reserved.",
    source="models/export/stillwake_export/goldens/ltx_checkpoint.py",
    tier="standard",
)
RECIPE = LtxRecipe(
    sizes=(Size(96, 64, 17), Size(64, 64, 17), Size(32, 64, 17), Size(64, 64, 65)),
    tile_frames=4,
    tile_overlap=2,
)
CONDITION = made.Clip(96, 64, 17, 11, "condition")
IMAGE = made.Clip(32, 64, 17, 12, "image")


def write_goldens(folder: Path) -> None:
    """Writes the pack into `folder`, references into `folder/references`, and how near packs come to them."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = Path(scratch) / "checkpoint"
        make_checkpoint(checkpoint)
        write_ltx(checkpoint, folder, INFO, Precision(), RECIPE)
        references = References(folder / "references")
        content: dict[str, object] = {
            "family": "ltx",
            "graphs": made.graphs(checkpoint, references, RECIPE),
            "schedule": made.schedule(checkpoint, RECIPE),
            "clips": [
                made.condition_clip(checkpoint, references, RECIPE, CONDITION),
                made.image_clip(checkpoint, references, RECIPE, IMAGE),
            ],
        }
        references.finish(hash_sources(), content)

        def smaller(precision: Precision, target: Path) -> None:
            write_ltx(checkpoint, target, INFO, precision, RECIPE)

        write_comparison(folder, smaller)
