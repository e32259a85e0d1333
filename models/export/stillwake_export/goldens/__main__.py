"""`python -m stillwake_export.goldens`: remakes `models/tiny`."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from . import ltx_goldens, wan_goldens

TINY = Path(__file__).parents[3] / "tiny"


def main() -> None:
    """Writes each family's folder anew."""
    parser = argparse.ArgumentParser(description="Remakes the small packs and their reference tensors.")
    parser.add_argument("--out", type=Path, default=TINY, help="folder of the packs (default: models/tiny)")
    parser.add_argument("--family", choices=["ltx", "wan"], action="append", help="only this one")
    options = parser.parse_args()
    # One thread adds in one order, so that every run writes the same bytes.
    torch.set_num_threads(1)
    writers = {"ltx": ltx_goldens.write_goldens, "wan": wan_goldens.write_goldens}
    for family in options.family or writers:
        writers[family](options.out / family)


if __name__ == "__main__":
    main()
