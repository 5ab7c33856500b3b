"""Trains all three stages on one or more GPUs: sequentially where they depend on each other, otherwise in parallel.

Stage A; then the compressor with Stage B; then Stage B alone and Stage C. Every stage is a process of its own that
reads its data and compiles while the previous one still trains, and saves its parts every minute. The end time is fixed
at the first start: restarted in the same folder, a run resumes from its checkpoints with the same end time. `plan`
defines the dependencies between stages, and how they share GPUs.
"""

import argparse
import math
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from wurstchen_export.train import plan, starting_parts
from wurstchen_export.train.collect import collect
from wurstchen_export.train.engine.options import add_machine_options, add_picture_options
from wurstchen_export.train.plan import COMMANDS, Task

ATTEMPTS = 2
POLL_SECONDS = 2.0
OVERTIME_SECONDS = 120.0  # grace period for the last save, before a stage on several GPUs counts as stuck


def add_options(parser: argparse.ArgumentParser) -> None:
    add_picture_options(parser)
    add_machine_options(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder of parts, logs, sheets and collected pieces")
    parser.add_argument("--minutes", type=float, required=True, help="from start to end, everything included")
    parser.add_argument(
        "--start-from",
        type=Path,
        help="folder of parts that every stage goes on from; --stages a b c, or fewer, then keeps its compressor",
    )
    parser.add_argument(
        "--shares", type=float, nargs=2, default=[0.18, 0.48], help="when Stage A and the joint run end (0.18 0.48)"
    )
    parser.add_argument("--stages", nargs="+", choices=list(COMMANDS), default=list(COMMANDS), help="default: all")
    parser.add_argument("--tiny", action="store_true", help="tiny models and batches: a dry run")
    parser.add_argument("--save-seconds", type=float, default=60.0, help="between saved parts (default 60)")
    plan.add_options(parser)
    parser.set_defaults(compile=True, device="cuda")


@dataclass
class Stage:
    """The process of a stage, which may have child processes, and the number of its starts."""

    task: Task
    log: Path
    environment: dict[str, str]
    overtime: float = math.inf
    """Seconds after its time that it may take."""
    process: subprocess.Popen | None = None
    attempts: int = 0
    stuck: bool = False

    @property
    def name(self) -> str:
        return self.task.name

    @property
    def may_start_again(self) -> bool:
        return not self.stuck and self.attempts < ATTEMPTS + (self.task.count > 1)

    def start(self) -> None:
        """Starts the process; after several processes have failed twice, it runs as a single one."""
        alone = ["--processes", "1"] if self.attempts >= ATTEMPTS else []
        self.attempts += 1
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                self.task.command + alone, stdout=log, stderr=subprocess.STDOUT, env=self.environment
            )

    def end_if_stuck(self) -> None:
        """Stops a stage whose GPUs wait for each other past its end time, so that sheets and packing can begin."""
        if time.time() > self.task.until + self.overtime and not self.stuck:
            print(f"{self.name} is not done {self.overtime:.0f} s after its time: ending it", flush=True)
            self.stuck = True
            self.process.kill()  # its child processes end with it


def watch(stages: list[Stage], out: Path, until: float) -> list[str]:
    """Waits for all processes and restarts failed ones once. Returns the names of those that failed twice."""
    failed: list[str] = []
    running = list(stages)
    while running:
        time.sleep(POLL_SECONDS)
        for stage in list(running):
            code = stage.process.poll()
            if code is None:
                stage.end_if_stuck()
                continue
            running.remove(stage)
            if code == 0:
                print(f"{stage.name} is done", flush=True)
            elif stage.may_start_again and time.time() < until:
                print(f"{stage.name} failed (exit {code}); starting it again; see {stage.log}", flush=True)
                stage.start()
                running.append(stage)
            else:
                print(
                    f"{stage.name} failed (exit {code}); going on with the parts it saved; see {stage.log}", flush=True
                )
                failed.append(stage.name)
                (out / stage.name).mkdir(exist_ok=True)
                (out / stage.name / "done").touch()  # so that waiting stages start with the existing parts
    return failed


def run(args: argparse.Namespace) -> Path:
    """Trains all stages, draws the sheets and packs the parts; returns the folder."""
    args.out.mkdir(parents=True, exist_ok=True)
    plan.check(args)
    if args.start_from:
        starting_parts.place(args.start_from, args.out, args.stages)
    stages = []
    for task in plan.tasks(args):
        done = args.out / task.name / "done"
        if done.exists() and time.time() > task.until:
            print(f"{task.name} was done before", flush=True)
            continue
        done.unlink(missing_ok=True)
        environment = plan.environment(task.devices, args.device)
        overtime = OVERTIME_SECONDS if task.count > 1 and torch.device(args.device).type == "cuda" else math.inf
        stages.append(Stage(task, args.out / f"{task.name}.log", environment, overtime))
    for stage in stages:
        stage.start()
    failed = watch(stages, args.out, plan.last_end(args.out))
    draw(args)
    for piece in collect(args.out, args.out / "collected"):
        print(piece)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")
    return args.out


def draw(args: argparse.Namespace) -> None:
    """Draws the sheets, on the first of the devices."""
    preview = [sys.executable, "-m", "wurstchen_export", "train", "preview", "--data", str(args.data)]
    preview += ["--concepts", args.concepts, "--out", str(args.out), "--device", args.device]
    if args.tiny:
        preview += ["--steps", "3", "--prompts", "8"]
    environment = plan.environment(args.devices and args.devices[:1], args.device)
    if subprocess.run(preview, env=environment).returncode != 0:
        print("the sheets could not be drawn; run `train preview` by itself", flush=True)
