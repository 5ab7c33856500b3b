"""All three stages on one GPU, one after the other where they need each other and side by side where they do not.

Stage A; then the compressor with Stage B; then Stage B alone and Stage C. Every stage is a process of its own that
reads its data and compiles while the one before still trains, and saves its parts every minute. The end is fixed when
the run first starts: started again in the same folder, it goes on from the checkpoints towards the same end.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from .collect import collect
from .options import add_machine_options, add_picture_options

PLAN = "plan.json"
ATTEMPTS = 2
FINISH_SECONDS = 60.0  # for the sheets and for collecting
POLL_SECONDS = 2.0
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
BEFORE = {"b_joint": "a", "b": "b_joint", "c": "b_joint"}
NICE = {"a": 0, "b_joint": 5, "b": 10, "c": 10}  # who is needed first compiles first


def add_options(parser: argparse.ArgumentParser) -> None:
    add_picture_options(parser)
    add_machine_options(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder of parts, logs, sheets and collected pieces")
    parser.add_argument("--minutes", type=float, required=True, help="from start to end, everything included")
    parser.add_argument("--start-from", type=Path, help="folder of parts that every stage goes on from")
    parser.add_argument(
        "--shares", type=float, nargs=2, default=[0.18, 0.48], help="when Stage A and the joint run end (0.18 0.48)"
    )
    parser.add_argument("--stages", nargs="+", choices=list(COMMANDS), default=list(COMMANDS), help="default: all")
    parser.add_argument("--tiny", action="store_true", help="tiny models and batches: a dry run")
    parser.add_argument("--save-seconds", type=float, default=60.0, help="between saved parts (default 60)")
    parser.set_defaults(compile=True, device="cuda")


@dataclass
class Stage:
    """One process and how often it was started."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen | None = None
    attempts: int = 0

    def start(self) -> None:
        self.attempts += 1
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=subprocess.STDOUT)


def ends(args: argparse.Namespace) -> dict[str, float]:
    """When each stage ends, in seconds since the epoch; fixed by the first run in this folder."""
    plan = args.out / PLAN
    if not plan.exists():
        start, seconds = time.time(), 60 * args.minutes - FINISH_SECONDS * min(1.0, args.minutes / 10)
        first, second = (start + share * seconds for share in args.shares)
        plan.write_text(json.dumps({"a": first, "b_joint": second, "b": start + seconds, "c": start + seconds}))
    return json.loads(plan.read_text())


def command_of(name: str, args: argparse.Namespace, until: float) -> list[str]:
    settings = (TINY if args.tiny else SETTINGS)[name].split()
    options = ["--data", str(args.data), "--concepts", args.concepts, "--out", str(args.out), "--device", args.device]
    options += ["--until", str(until), "--save-seconds", str(args.save_seconds), "--log-seconds", "10"]
    options += ["--threads", str(args.threads)]
    for flag, on in (("compile", args.compile), ("bf16", args.bf16), ("shifted-depthwise", args.shifted_depthwise)):
        options.append(f"--{flag}" if on else f"--no-{flag}")
    if name in BEFORE and BEFORE[name] in args.stages:
        options += ["--wait-for", str(args.out / BEFORE[name])]
    if args.start_from and name != "b":
        options += ["--start-from", str(args.start_from)]
    command = [sys.executable, "-m", "wurstchen_export", "train", *COMMANDS[name], *options, *settings]
    return ["nice", "-n", str(NICE[name]), *command] if shutil.which("nice") else command


def watch(stages: list[Stage], out: Path, until: float) -> list[str]:
    """Waits for all processes; starts one that failed once more. Returns the names of those that failed for good."""
    failed: list[str] = []
    running = list(stages)
    while running:
        time.sleep(POLL_SECONDS)
        for stage in list(running):
            code = stage.process.poll()
            if code is None:
                continue
            running.remove(stage)
            if code == 0:
                print(f"{stage.name} is done", flush=True)
            elif stage.attempts < ATTEMPTS and time.time() < until:
                print(f"{stage.name} failed (exit {code}); starting it again; see {stage.log}", flush=True)
                stage.start()
                running.append(stage)
            else:
                print(
                    f"{stage.name} failed (exit {code}); going on with the parts it saved; see {stage.log}", flush=True
                )
                failed.append(stage.name)
                (out / stage.name).mkdir(exist_ok=True)
                (out / stage.name / "done").touch()  # so that those who wait try with what there is
    return failed


def run(args: argparse.Namespace) -> Path:
    """Trains all stages, draws the sheets and collects the parts; returns the folder."""
    args.out.mkdir(parents=True, exist_ok=True)
    end = ends(args)
    stages = []
    for name in args.stages:
        if (args.out / name / "done").exists() and time.time() > end[name]:
            print(f"{name} was done before", flush=True)
            continue
        (args.out / name / "done").unlink(missing_ok=True)
        stages.append(Stage(name, command_of(name, args, end[name]), args.out / f"{name}.log"))
    for stage in stages:
        stage.start()
    failed = watch(stages, args.out, max(end.values()))
    preview = [sys.executable, "-m", "wurstchen_export", "train", "preview", "--data", str(args.data)]
    preview += ["--concepts", args.concepts, "--out", str(args.out), "--device", args.device]
    if args.tiny:
        preview += ["--steps", "3", "--prompts", "8"]
    if subprocess.run(preview).returncode != 0:
        print("the sheets could not be drawn; run `train preview` by itself", flush=True)
    for piece in collect(args.out, args.out / "collected"):
        print(piece)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")
    return args.out
