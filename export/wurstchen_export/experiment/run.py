"""Trains the cascade and a plain latent diffusion model for the same time, one after the other on the same device.

Both start from the same Stage A and the same data. An interrupted run resumes from its checkpoints.
"""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from wurstchen_export.errors import ExportError
from wurstchen_export.experiment.plan import FILE, LAST, SNAPSHOTS, STAGES, TIMES, Run, Stage

SHARES = (0.35, 0.25)
"""Of the cascade's minutes for Stage B with the compressor and for Stage B alone; Stage C gets the rest."""
PLAIN_SETTINGS = "--batch 512 --pool 40000 --renew 16 --learning-rate 1e-3 --flat 0.35 --ema 0.9995 --warmup 300"
"""Stage B's batch, pool and rate with Stage C's course."""
PLAIN_TINY = (
    "--batch 4 --pool 32 --renew 1 --widths 32 64 --blocks 1 1 --attending 1 --text-width 64 --text-layers 1"
    " --variants 1"
)


@dataclass(frozen=True)
class Options:
    """The options of a run; options: further options of single stages, by name."""

    data: Path
    stage_a: Path
    out: Path
    minutes: float
    device: str = "cuda"
    shares: tuple[float, float] = SHARES
    arms: tuple[str, ...] = tuple(LAST)
    seed: int = 0
    snapshot_seconds: float = 60.0
    compile: bool = True
    bf16: bool = True
    threads: int = 1
    tiny: bool = False
    options: tuple[tuple[str, str], ...] = ()


def main(options: Options, say: Callable[[str], None] = print) -> Run:
    """Trains the remaining stages; returns the time of every stage."""
    _check(options)
    run = _open(options)
    for stage in STAGES:
        if stage.arm not in options.arms:
            continue
        if "training_seconds" in run.stages.get(stage.name, {}):
            say(f"{stage.arm}, {stage.name}: was trained before")
            continue
        _place_stage_a(options, stage.arm)
        say(f"{stage.arm}, {stage.name}: {run.minutes_of(stage):.2f} minutes")
        _train(stage, options, run)
        took = run.stages[stage.name]
        say(
            f"{stage.arm}, {stage.name}: {took['steps']} steps in {took['training_seconds']:.0f} s of training,"
            f" {took['process_seconds']:.0f} s with reading, compiling and saving"
        )
    return run


def _check(options: Options) -> None:
    import torch

    from wurstchen_export.train.dataset.artwork import ArtworkFolder
    from wurstchen_export.train.engine.parts import part_file

    if options.minutes <= 0:
        raise ExportError(f"--minutes must be above 0, the training time of each arm, got {options.minutes}")
    if min(options.shares) <= 0 or sum(options.shares) >= 1:
        raise ExportError(
            "--shares must be two numbers above 0 that leave something of 1 for Stage C, got"
            f" {options.shares[0]} and {options.shares[1]}"
        )
    if torch.device(options.device).type == "cuda" and not torch.cuda.is_available():
        raise ExportError(
            f"--device {options.device}: torch {torch.__version__} sees no GPU here; use --device cpu --tiny"
            " to try the commands"
        )
    if not part_file(options.stage_a, "a").exists():
        raise ExportError(
            f"{part_file(options.stage_a, 'a')} is missing: name the folder in which `train stage-a` wrote it"
        )
    try:
        ArtworkFolder.open(options.data)
    except ValueError as error:
        raise ExportError(str(error)) from None
    unknown = [name for name, _ in options.options if name not in {stage.name for stage in STAGES}]
    if unknown:
        known = ", ".join(stage.name for stage in STAGES)
        raise ExportError(f"--more {unknown[0]}: there is no such stage; there are {known}")


def _open(options: Options) -> Run:
    """Returns a new run, or the one in OUT if its options are the same."""
    asked = {
        "minutes": options.minutes,
        "shares": list(options.shares),
        "device": options.device,
        "seed": options.seed,
        "tiny": options.tiny,
        "options": dict(options.options),
    }
    if not (options.out / FILE).exists():
        options.out.mkdir(parents=True, exist_ok=True)
        run = Run(**asked, machine=_machine(options.device))
        run.save(options.out)
        return run
    run = Run.load(options.out)
    for name, value in asked.items():
        if getattr(run, name) != value:
            raise ExportError(
                f"{options.out} holds a run with {name} {getattr(run, name)}, not {value}: go on with the same, or"
                " name another --out"
            )
    return run


def _machine(device: str) -> dict[str, str]:
    import torch

    cuda = torch.device(device).type == "cuda"
    return {
        "device": torch.cuda.get_device_name(device) if cuda else f"CPU ({platform.machine()})",
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def _place_stage_a(options: Options, arm: str) -> None:
    """Copies Stage A into the arm's folder; both arms must have the same."""
    from wurstchen_export.train.engine.parts import part_file

    source, target = part_file(options.stage_a, "a"), part_file(options.out / arm, "a")
    target.parent.mkdir(exist_ok=True)
    if not target.exists():
        shutil.copy(source, target)
    elif target.read_bytes() != source.read_bytes():
        raise ExportError(f"{target} is another Stage A than {source}: go on with the same, or name another --out")


def _train(stage: Stage, options: Options, run: Run) -> None:
    """Trains a stage in a process of its own and records its time."""
    folder, log = options.out / stage.arm, options.out / stage.arm / f"{stage.name}.log"
    started = time.monotonic()
    with open(log, "a", encoding="utf-8") as file:
        code = subprocess.run(_command(stage, options, run), stdout=file, stderr=subprocess.STDOUT).returncode
    took = run.stages.setdefault(stage.name, {"process_seconds": 0.0})
    took["process_seconds"] = round(took["process_seconds"] + time.monotonic() - started, 1)
    if code == 0:
        took |= json.loads((folder / stage.name / TIMES).read_text(encoding="utf-8"))
    run.save(options.out)
    if code != 0:
        raise ExportError(
            f"{stage.arm}, {stage.name} failed (exit {code}): see {log}; the same command again goes on from its"
            " checkpoint"
        )


def _command(stage: Stage, options: Options, run: Run) -> list[str]:
    folder = options.out / stage.arm
    kept = str(folder / SNAPSHOTS) if LAST[stage.arm] == stage.name else "-"
    command = [sys.executable, "-m", "wurstchen_export.experiment.stage", stage.command[0], kept, *stage.command[1:]]
    command += ["--data", str(options.data), "--out", str(folder), "--device", options.device]
    command += ["--minutes", str(run.minutes_of(stage)), "--seed", str(options.seed)]
    command += ["--save-seconds", str(options.snapshot_seconds), "--log-seconds", str(options.snapshot_seconds / 6)]
    command += ["--threads", str(options.threads)]
    for flag, on in (("compile", options.compile), ("bf16", options.bf16)):
        command.append(f"--{flag}" if on else f"--no-{flag}")
    return command + _settings(stage, options.tiny) + dict(options.options).get(stage.name, "").split()


def _settings(stage: Stage, tiny: bool) -> list[str]:
    from wurstchen_export.train import plan as together

    settings = (together.TINY | {"plain": PLAIN_TINY}) if tiny else (together.SETTINGS | {"plain": PLAIN_SETTINGS})
    return settings[stage.name].split()
