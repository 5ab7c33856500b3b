"""Copies the initial parts of a run into its folder, where the stages read each other's parts."""

import os
import shutil
from pathlib import Path

from wurstchen_export.errors import ExportError
from wurstchen_export.train.engine.parts import part_file

READ = {
    "a": ("a",),
    "b_joint": ("a", "compressor", "b", "text_b"),
    "b": ("a", "compressor", "b", "text_b"),
    "c": ("compressor", "c", "text_c"),
}
TRAINED = {"a": ("a",), "b_joint": ("compressor", "b", "text_b"), "b": ("b", "text_b"), "c": ("c", "text_c")}
"""Parts by stage."""


def place(source: Path, out: Path, stages: list[str]) -> None:
    """Copies missing parts to OUT, including those that will be trained, so that it always holds a complete model.

    Raises ExportError if a required part is missing, or if OUT has a different one that will not be trained.
    """
    read = sorted({part for stage in stages for part in READ[stage]})
    missing = [part for part in read if not part_file(source, part).exists()]
    if missing:
        raise ExportError(
            f"--start-from {source} has no {', '.join(missing)}: name a folder of parts, such as `train parts` writes"
        )
    trained = {part for stage in stages for part in TRAINED[stage]}
    for part in sorted({part for parts in READ.values() for part in parts}):
        here, there = part_file(source, part), part_file(out, part)
        if there.exists():
            if part in read and part not in trained and there.read_bytes() != here.read_bytes():
                raise ExportError(
                    f"{there} differs from {here}, and no stage of this run trains it: name another --out, or go on"
                    " from the parts in it without --start-from"
                )
        elif here.exists():
            partial = there.with_suffix(".partial")
            shutil.copyfile(here, partial)
            os.replace(partial, there)
