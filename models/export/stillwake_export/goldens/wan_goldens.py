"""`models/tiny/wan`: a pack of the small Wan2.2 checkpoint, and what diffusers makes of that checkpoint."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ..families import Size
from ..layers import Precision
from ..manifest import PackInfo, hash_sources
from ..wan import WanRecipe, write_wan
from . import wan_references as made
from .ltx_references import Clip
from .references import References
from .replay import write_comparison
from .wan_checkpoint import DECODER_FILE, make_checkpoint

INFO = PackInfo(
    id="tiny-wan",
    version="1.0.0",
    title="A small random Wan2.2",
    spdx="CC0-1.0",
    licence_text="Random numbers in the shape of Wan2.2 TI2V, made by our own scripts. No rights reserved.",
    source="models/export/stillwake_export/goldens/wan_checkpoint.py",
    tier="standard",
)
RECIPE = WanRecipe(sizes=(Size(96, 64, 9), Size(64, 64, 13), Size(64, 64, 33)), max_tokens=48)
CLIPS = (Clip(96, 64, 9, 21, "wide"), Clip(64, 64, 13, 22, "long"))


def write_goldens(folder: Path) -> None:
    """Writes the pack into `folder`, references into `folder/references`, and how near packs come to them."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = Path(scratch) / "checkpoint"
        make_checkpoint(checkpoint)

        def write(precision: Precision, target: Path) -> None:
            write_wan(checkpoint, checkpoint / DECODER_FILE, target, INFO, precision, RECIPE)

        write(Precision(), folder)
        references = References(folder / "references")
        content: dict[str, object] = {
            "family": "wan",
            "graphs": made.graphs(checkpoint, references, RECIPE),
            "schedule": made.schedule(checkpoint, RECIPE),
            "clips": [made.clip_of_pipeline(checkpoint, references, RECIPE, clip) for clip in CLIPS],
        }
        references.finish(hash_sources(), content)
        write_comparison(folder, write)
