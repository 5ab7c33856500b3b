"""The schedule of `train all`: dependencies, devices, end times and commands of the stages."""

import argparse
import json
import os
import shlex
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from wurstchen_export.errors import ExportError
from wurstchen_export.train import stage_a, stage_b, stage_c
from wurstchen_export.train.engine import processes

PLAN = "plan.json"
FINISH_SECONDS = 60.0  # for the sheets and for collecting
# Batches and rates that have trained this cascade in twenty minutes on a GPU.
SETTINGS = {
    "a": "--batch 256 --crop 128 --learning-rate 1.2e-3 --flat 0.2 --fall cosine --warmup 100 --ema 0.998",
    "b_joint": "--batch 512 --pool 40000 --renew 16 --flat 0.7 --ema 0.9995 --warmup 200",
    "b": "--batch 512 --pool 40000 --renew 16 --learning-rate 1e-3 --flat 0.2 --fall cosine --ema 0.9995 --warmup 200",
    "c": "--batch 1024 --pool 200000 --renew 64 --learning-rate 6e-4 --flat 0.35 --ema 0.9995 --warmup 300",
}
TINY = {  # for a dry run on any machine
    "a": "--batch 4 --crop 32 --width 32 --bottleneck-blocks 1 --codes 16",
    "b_joint": "--batch 4 --pool 32 --renew 1 --widths 32 64 --blocks 1 1 --compressor-widths 8 8 16 16 --variants 1",
    "b": "--batch 4 --pool 32 --renew 1 --widths 32 64 --blocks 1 1 --compressor-widths 8 8 16 16 --variants 1",
    "c": "--batch 4 --pool 32 --renew 1 --width 64 --depth 2 --heads 2 --text-width 64 --text-layers 1 --variants 1",
}
COMMANDS = {"a": ["stage-a"], "b_joint": ["stage-b"], "b": ["stage-b", "--freeze-compressor"], "c": ["stage-c"]}
MODULES = {"a": stage_a, "b_joint": stage_b, "b": stage_b, "c": stage_c}
# The stages that must end before another begins, the last one first: for their latents or weights.
BEFORE = {"a": [], "b_joint": ["a"], "b": ["b_joint", "a"], "c": ["b_joint"]}
NICE = {"a": 0, "b_joint": 5, "b": 10, "c": 10}  # the stage that is needed first compiles first
WHOLE_BATCH_DEVICES = 2
"""Up to so many devices share the batch of one; more of them share twice that, so that a step stays longer than what
starting it costs the CPU. The rate stays: Adam's step does not grow with the batch, and higher rates are known to
diverge (Stage C's 1e-3 did)."""


@dataclass(frozen=True)
class Task:
    """One stage of a run: its command, the devices it sees (None: as --device says) and the time it ends at."""

    name: str
    command: list[str]
    devices: list[int] | None
    until: float

    @property
    def count(self) -> int:
        """Of its processes."""
        return len(self.devices or [0])


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--devices",
        type=int,
        nargs="+",
        help="numbers of the GPUs to use; with --device cpu only how many there are counts (default: the one that"
        " --device names). Stage A and the joint run train on all of them, then B and C each on a part. One or two"
        " share a stage's batch; more share twice that, at the same rate",
    )
    parser.add_argument(
        "--devices-for-b", type=int, help="how many of them B gets; C gets the others (default: half, rounded up)"
    )
    parser.add_argument(
        "--freeze-encoder",
        action="store_true",
        help="with --start-from: train Stage A's decoder only. The latents stay what they are, so all stages train side"
        " by side from the start; it shares C's last device until the first of --shares",
    )
    parser.add_argument(
        "--devices-for-a",
        type=int,
        default=0,
        help="with --freeze-encoder: give Stage A's decoder so many of the devices for itself, the last ones, until the"
        " end (default 0: share)",
    )
    parser.add_argument(
        "--more",
        nargs=2,
        action="append",
        default=[],
        metavar=("STAGE", "OPTIONS"),
        help="more options of one stage, for instance c '--learning-rate 4e-4'",
    )


def tasks(args: argparse.Namespace) -> list[Task]:
    """The options of a run; call `check` first."""
    until, devices = ends(args), devices_of(args)
    return [
        Task(name, command_of(name, args, until[name], len(devices[name] or [0])), devices[name], until[name])
        for name in args.stages
    ]


def check(args: argparse.Namespace) -> None:
    """Raises ExportError for inconsistent options, before a process is started or the end time is fixed."""
    if args.freeze_encoder and not (args.start_from and "a" in args.stages):
        raise ExportError(
            "--freeze-encoder goes on from a trained Stage A: give --start-from, and a among --stages, or leave it out"
        )
    if args.devices_for_a and not args.freeze_encoder:
        raise ExportError("--devices-for-a needs --freeze-encoder: otherwise Stage A trains before the others, on all")
    unknown = [name for name, _ in args.more if name not in args.stages]
    if unknown:
        known = ", ".join(args.stages)
        raise ExportError(f"--more {unknown[0]}: there is no such stage in this run; there are {known}")
    _check_devices(args)
    devices = devices_of(args)
    for name in args.stages:
        _check_command(name, command_of(name, args, 0.0, len(devices[name] or [0])))


def _check_devices(args: argparse.Namespace) -> None:
    count = len(args.devices or [0])
    if args.devices and (len(set(args.devices)) < count or min(args.devices) < 0):
        raise ExportError(f"--devices must be different numbers from 0 on, got {' '.join(map(str, args.devices))}")
    if not 0 <= args.devices_for_a < max(count, 2):
        raise ExportError(f"--devices-for-a must leave some of {count} devices to the others, got {args.devices_for_a}")
    left = count - args.devices_for_a
    if args.devices_for_b is not None and not (_share(args) and 1 <= args.devices_for_b < left):
        raise ExportError(
            f"--devices-for-b {args.devices_for_b}: B and C must both be among --stages and have at least one of"
            f" {left} device{'s' if left != 1 else ''} each; leave it out"
        )
    if args.devices and torch.device(args.device).type == "cuda":
        if torch.device(args.device).index is not None:
            raise ExportError(f"--device {args.device} and --devices both name GPUs: use --device cuda")
        found = torch.cuda.device_count()
        if max(args.devices) >= found:
            raise ExportError(
                f"--devices {' '.join(map(str, args.devices))}: torch {torch.__version__} sees {found} GPUs here,"
                " numbered from 0"
            )


def _check_command(name: str, command: list[str]) -> None:
    """Validates the stage's options before its process starts."""
    parser = argparse.ArgumentParser(prog=f"train all, stage {name}")
    MODULES[name].add_options(parser)
    processes.check(parser.parse_args(command[command.index("train") + 2 :]))


def ends(args: argparse.Namespace) -> dict[str, float]:
    """Returns the end times of the stages in seconds since the epoch; fixed by the first run in this folder."""
    plan = args.out / PLAN
    if not plan.exists():
        start, seconds = time.time(), 60 * args.minutes - FINISH_SECONDS * min(1.0, args.minutes / 10)
        first, second = (start + share * seconds for share in args.shares)
        end = start + seconds
        plan.write_text(
            json.dumps({"a": end if args.devices_for_a else first, "b_joint": second, "b": end, "c": end})
        )
    return json.loads(plan.read_text())


def last_end(out: Path) -> float:
    return max(json.loads((out / PLAN).read_text()).values())


def environment(devices: list[int] | None, device: str) -> dict[str, str]:
    """Returns the environment of a process: this one's, with only its own GPUs visible."""
    if devices is None or torch.device(device).type != "cuda":
        return dict(os.environ)
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",") if visible else [str(index) for index in range(max(devices) + 1)]
    return os.environ | {"CUDA_VISIBLE_DEVICES": ",".join(names[index] for index in devices)}


def _share(args: argparse.Namespace) -> bool:
    """Returns whether B and C share the devices."""
    return {"b", "c"} <= set(args.stages)


def devices_of(args: argparse.Namespace) -> dict[str, list[int] | None]:
    """Returns the devices of every stage; with a single device, all stages use it in turn."""
    if not args.devices:
        return dict.fromkeys(COMMANDS)
    left = args.devices[: len(args.devices) - args.devices_for_a]
    b = c = left
    if _share(args) and len(left) > 1:
        half = args.devices_for_b or -(-len(left) // 2)
        b, c = left[:half], left[half:]
    if args.freeze_encoder:
        a = args.devices[len(left) :] or c[-1:]
    else:
        a = args.devices if "b_joint" in args.stages else b  # without the joint run, C trains from the start
    return {"a": a, "b_joint": left, "b": b, "c": c}


def waits_for(name: str, args: argparse.Namespace) -> str | None:
    """Returns the stage that this one waits for."""
    needed = [other for other in BEFORE[name] if other in args.stages and not (other == "a" and args.freeze_encoder)]
    return needed[0] if needed else None


def command_of(name: str, args: argparse.Namespace, until: float, count: int) -> list[str]:
    options = ["--data", str(args.data), "--concepts", args.concepts, "--out", str(args.out), "--device", args.device]
    options += ["--until", str(until), "--save-seconds", str(args.save_seconds), "--log-seconds", "10"]
    options += ["--threads", str(args.threads)]
    for flag, on in (("compile", args.compile), ("bf16", args.bf16), ("shifted-depthwise", args.shifted_depthwise)):
        options.append(f"--{flag}" if on else f"--no-{flag}")
    before = waits_for(name, args)
    if before:
        options += ["--wait-for", str(args.out / before)]
    # After the joint run, B continues from the parts in OUT.
    if args.start_from and not (name == "b" and "b_joint" in args.stages):
        options += ["--start-from", str(args.start_from)]
    if name == "a" and args.freeze_encoder:
        options.append("--freeze-encoder")
    options += settings(name, args, count)
    command = [sys.executable, "-m", "wurstchen_export", "train", *COMMANDS[name], *options]
    return ["nice", "-n", str(NICE[name]), *command] if shutil.which("nice") else command


def settings(name: str, args: argparse.Namespace, count: int) -> list[str]:
    """Returns the stage's options for this number of devices, then those of --more, which take precedence."""
    words = (TINY if args.tiny else SETTINGS)[name].split()
    if count > 1:
        batch = int(words[words.index("--batch") + 1]) * (1 if count <= WHOLE_BATCH_DEVICES else 2)
        words += ["--batch", str(-(-batch // count) * count), "--processes", str(count)]
    return words + [word for stage, more in args.more if stage == name for word in shlex.split(more)]
