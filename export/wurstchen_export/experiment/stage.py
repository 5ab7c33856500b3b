"""One stage of an experiment in a process: ``python -m wurstchen_export.experiment.stage STAGE SNAPSHOTS ...``.

Trains as `train STAGE` does, with the same options. The clock covers training only: reading, compiling and
filling the pool happen before it starts, and saving and evaluating the averaged weights stop it. Unless SNAPSHOTS is
"-", every save also copies the parts into a folder named by the clock.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from pathlib import Path

import torch

from wurstchen_export.experiment.plan import STAGES, TIMES
from wurstchen_export.train import plain, stage_b, stage_c
from wurstchen_export.train.engine.parts import part_file

TRAININGS = {
    "stage-b": (stage_b, stage_b.StageBTraining),
    "stage-c": (stage_c, stage_c.StageCTraining),
    "plain": (plain, plain.PlainTraining),
}
PARTS = {stage.command[0]: stage.parts for stage in STAGES}


def main(argv: list[str]) -> None:
    """argv: the training command, the folder for snapshots or "-", and the command's own options."""
    command, kept, *options = argv
    module, training_class = TRAININGS[command]
    parser = argparse.ArgumentParser(prog=command)
    module.add_options(parser)
    args = parser.parse_args(options)
    torch.set_num_threads(args.threads)
    training = training_class(args)
    loop = training.loop
    on_save = _saving(training, PARTS[command], None if kept == "-" else Path(kept))
    loop.run(training.loss, on_save, args.batch)
    times = {"training_seconds": round(loop.elapsed, 2), "steps": loop.step, "images": loop.step * args.batch}
    if torch.device(args.device).type == "cuda":
        times["gpu_memory_bytes"] = torch.cuda.max_memory_allocated()
    (loop.folder / TIMES).write_text(json.dumps(times) + "\n", encoding="utf-8")


def _saving(training, parts: tuple[str, ...], folder: Path | None):
    """Returns the callback for checkpoints; its duration is subtracted from the loop's clock."""

    def save() -> None:
        loop, before, trained = training.loop, time.monotonic(), training.loop.elapsed
        training.save_model()
        if folder:
            _keep(training.args.out, parts, folder / f"{trained:07.1f}")
        loop.started += time.monotonic() - before
        loop.elapsed = trained  # a line logged while saving advanced the clock

    return save


def _keep(out: Path, parts: tuple[str, ...], target: Path) -> None:
    """Copies parts, all or none."""
    partial = target.with_name(f"{target.name}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    for part in parts:
        shutil.copy(part_file(out, part), partial)
    if target.exists():
        shutil.rmtree(target)
    partial.rename(target)


if __name__ == "__main__":
    main(sys.argv[1:])
