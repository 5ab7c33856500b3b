"""What the processes of test_train_ranks.py do: functions of a module of their own, because they are called by name."""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import torch
from torch import nn

from wurstchen_export.train.engine.loop import LoopOptions, TrainingLoop
from wurstchen_export.train.engine.processes import share
from wurstchen_export.train.engine.ranks import ALONE

STEPS = 6


def arguments(out: Path, processes: int, **more) -> argparse.Namespace:
    return argparse.Namespace(out=out, processes=processes, batch=8, device="cpu", threads=1, **more)


class Net(nn.Module):
    """A convolution laid out as the stages' are, a frozen parameter and one that nothing uses."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.GELU(), nn.Conv2d(8, 4, 3))
        self.frozen = nn.Parameter(torch.ones(4), requires_grad=False)
        self.unused = nn.Parameter(torch.ones(3))
        self.register_buffer("drawn", torch.rand(2))
        self.to(memory_format=torch.channels_last)

    def loss(self, pictures: torch.Tensor) -> torch.Tensor:
        return (self.layers(pictures) * self.frozen[:, None, None] - 1).square().mean()


def pictures() -> torch.Tensor:
    return torch.randn(8, 3, 6, 6, generator=torch.Generator().manual_seed(0))


def loop_of(args, name: str, **options) -> tuple[Net, TrainingLoop]:
    ranks = getattr(args, "ranks", ALONE)
    torch.manual_seed(ranks.seed(0))
    net = Net()
    options = {"learning_rate": 0.01, "warmup": 1} | options
    return net, TrainingLoop(args.out / name, {"net": net}, LoopOptions(ranks=ranks, **options))


def train_net(args) -> None:
    """A few steps on this process' pictures; then some whose loss is not finite in one process, and some by time."""
    ranks = getattr(args, "ranks", ALONE)
    mine = pictures().split(args.batch)[ranks.rank]
    net, loop = loop_of(args, "net", steps=STEPS)
    gradients, start = [], {name: value.clone() for name, value in net.state_dict().items()}

    def step():
        gradients.append([parameter.grad for parameter in net.parameters()])
        return net.loss(mine), {}

    loop.run(step, images=len(mine))
    found = {"weights": net.state_dict(), "start": start, "average": loop.average, "gradients": gradients[1]}
    skipped, loop = loop_of(args, "skipped", steps=3)
    bad = iter([1.0, float("nan") if ranks.rank == ranks.count - 1 else 1.0, 1.0])
    loop.run(lambda: (skipped.loss(mine) * next(bad), {}))
    found |= {"after skip": skipped.state_dict(), "skipped": loop.state[2].item()}
    timed, loop = loop_of(args, "timed", minutes=0.01)
    rates = []

    def slow_step():
        time.sleep(0.002 if ranks.rank else 0.01)
        rates.append((loop.elapsed, loop.rate_factor()))
        return timed.loss(mine), {}

    loop.run(slow_step, lambda: time.sleep(0.2))
    found |= {"rates": rates, "after time": timed.state_dict()}
    torch.save(found, args.out / f"found{ranks.rank}.pt")


def train_stages(args) -> None:
    """Several commands one after the other, as each would in processes of its own; keeps all weights."""
    from wurstchen_export.evaluate.judge import training as judge
    from wurstchen_export.train import plain, stage_a, stage_b, stage_c

    trainings = {
        "stage-a": (stage_a, stage_a.StageATraining),
        "stage-b": (stage_b, stage_b.StageBTraining),
        "stage-c": (stage_c, stage_c.StageCTraining),
        "plain": (plain, plain.PlainTraining),
        "judge": (judge, judge.JudgeTraining),
    }
    for name, *options in args.commands:
        module, training_class = trainings[name]
        parser = argparse.ArgumentParser()
        module.add_options(parser)
        own = share(parser.parse_args([*options, "--processes", str(args.processes)]), args.ranks.rank)
        own.ranks = args.ranks
        training = training_class(own)
        drawn = []

        def loss():
            drawn.append(torch.rand(1).item())
            return training.loss()

        training.loop.run(loss, training.save_model, own.batch)
        weights = {name: value.detach() for name, value in training.loop.modules.named_parameters()}
        found = {"weights": weights, "average": training.loop.average, "drawn": drawn, "batch": own.batch}
        torch.save(found, args.out / f"{training.loop.folder.name}{args.ranks.rank}.pt")


def fail(args) -> None:
    """Trains until one process ends in the way asked for; the other would train for an hour."""
    net, loop = loop_of(args, "net", minutes=60)

    def step():
        if loop.step == 3 and args.ranks.rank == 1:
            end(args.how)
        return net.loss(pictures()), {}

    loop.run(step)


def end(how: str) -> None:
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise ValueError("broken\nin two lines")


def train_but_be_killed_once(args) -> None:
    """The second process is killed in the third step, if it is the first time."""
    net, loop = loop_of(args, "net", steps=5, ema=0.0)
    known = args.out / "killed"

    def step():
        if loop.step == 3 and args.ranks.rank == 1 and not known.exists():
            known.touch()
            end("kill")
        return net.loss(pictures()), {}

    loop.run(step)


def train_for_an_hour(args) -> None:
    (args.out / f"process{args.ranks.rank}.json").write_text(json.dumps(os.getpid()))
    net, loop = loop_of(args, "net", minutes=60)
    loop.run(lambda: (net.loss(pictures()), {}))


if __name__ == "__main__":
    from wurstchen_export.train.engine.processes import in_processes

    in_processes(arguments(Path(os.environ["RANK_WORK_OUT"]), 2), globals()[sys.argv[1]])
