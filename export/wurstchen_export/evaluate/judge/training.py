"""Trains the judge that `evaluate` asks: which emoji, in which style, on which background.

It learns from real renders only, never from generated pictures. One combination of picture and background in eight is
kept out; its accuracy is measured on those, at fresh places and sizes, sharp and softened. Writes judge.safetensors (16
bits) and judge.json (classes, accuracy); `judge-onnx` turns them into the graph that `evaluate` runs.
"""

import argparse
import copy
from pathlib import Path

import torch
import torch.nn.functional as F

from wurstchen_export.evaluate.judge import store
from wurstchen_export.evaluate.judge.accuracy import accuracy, kept_out, one_of_each
from wurstchen_export.evaluate.judge.augment import augment, placement
from wurstchen_export.evaluate.judge.labels import Labels
from wurstchen_export.evaluate.judge.model import JudgeNet, view
from wurstchen_export.train.dataset.pictures import Pictures
from wurstchen_export.train.engine.loop import TrainingLoop
from wurstchen_export.train.engine.options import (
    add_loop_options,
    add_picture_options,
    half_precision,
    loop_options,
    maybe_compiled,
    open_pictures,
    prepare_machine,
)
from wurstchen_export.train.engine.processes import in_processes
from wurstchen_export.train.engine.staging import wait_for

SMOOTHING = 0.05
ANSWERS = ("emoji", "style", "background")
STYLE_WEIGHT, BACKGROUND_WEIGHT = 1.0, 0.3
"""With 0.3 a short training told emoji and backgrounds apart (99 %) and styles less often (94 %)."""
STATISTICS_BATCHES = 40
NORMALISATIONS = (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)
SHRUNK_AT_ONCE = 64
SAMPLE_ONE_IN = 8
"""Pictures that accuracy is measured on while training goes on; at the end it is all of them."""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_picture_options(parser)
    add_loop_options(parser, learning_rate=2e-3, flat=0.3, batch=256)
    parser.add_argument(
        "--without-held-out",
        action="store_true",
        help="never show the held-out (emoji, style) pairs: measures how a judge fares that has not seen them",
    )
    parser.add_argument("--widths", type=int, nargs="+", help="channels after each halving (default: the judge's)")
    parser.add_argument("--blocks", type=int, nargs="+", help="blocks after each halving (default: the judge's)")
    parser.add_argument("--side", type=int, default=0, help="side of what it looks at (default: the judge's)")


class JudgeTraining:
    """Builds the network and the loop, and computes the loss of a step."""

    def __init__(self, args: argparse.Namespace):
        prepare_machine(args)
        self.args = args
        self.pictures = open_pictures(args)
        self.labels = Labels.of(self.pictures)
        chosen = {name: getattr(args, name) for name in ("widths", "blocks", "side") if getattr(args, name)}
        net = self.started_from(args.start_from) if args.start_from else JudgeNet(self.labels.sizes, **chosen)
        self.net = net.train().to(args.device, memory_format=torch.channels_last)
        device = torch.device(args.device)
        self.emoji_of = torch.as_tensor(self.pictures.concept_of, device=device)
        self.style_of = torch.as_tensor(self.pictures.style_of, device=device)
        self.pairs = self.training_pairs().to(device)
        self.drawn = smaller(self.pictures, 2 * self.net.config["side"])
        self.predict = maybe_compiled(self.net, args)
        if args.wait_for:
            wait_for(args.wait_for, args.until)
        self.loop = TrainingLoop(args.out / "judge", {"judge": self.net}, loop_options(args))

    def started_from(self, folder: Path) -> JudgeNet:
        """The judge that was trained there. Raises ValueError when it has other classes."""
        net, labels = store.load(folder)
        if (labels.emoji, labels.styles, labels.backgrounds) != (
            self.labels.emoji,
            self.labels.styles,
            self.labels.backgrounds,
        ):
            raise ValueError(f"--start-from {folder}: that judge has other classes than {self.args.data}; leave it out")
        return net

    def training_pairs(self) -> torch.Tensor:
        """(picture, background) index pairs [N,2] that training may draw."""
        allowed = ~kept_out(self.pictures)
        if self.args.without_held_out:
            allowed &= ~torch.tensor(self.pictures.held_out)[:, None]
        return allowed.nonzero()

    def batch(self):
        """Random pictures as the judge sees them in training, with their three classes."""
        device = self.pairs.device
        which, backgrounds = self.pairs[torch.randint(len(self.pairs), (self.args.batch,), device=device)].unbind(1)
        pixels = self.drawn.compose(which, backgrounds, placement(len(which), device))
        pixels = augment(view(pixels, self.net.config["side"])).contiguous(memory_format=torch.channels_last)
        return pixels, (self.emoji_of[which], self.style_of[which], backgrounds)

    def loss(self):
        with torch.no_grad():
            pixels, classes = self.batch()
        with half_precision(self.args):
            scores = [score.float() for score in self.predict(pixels)]
        emoji, style, background = classes
        loss = F.cross_entropy(scores[0], emoji, label_smoothing=SMOOTHING)
        loss = loss + STYLE_WEIGHT * F.cross_entropy(scores[1], style)
        loss = loss + BACKGROUND_WEIGHT * F.cross_entropy(scores[2], background)
        # One task can stand still while the sum falls with the others.
        return loss, {f"{name}_right": _share(*pair) for name, pair in zip(ANSWERS, zip(scores, classes))}

    @torch.no_grad()
    def measure_statistics(self) -> None:
        """Sets the batch normalisations to the statistics of the averaged weights."""
        norms = [module for module in self.net.modules() if isinstance(module, NORMALISATIONS)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over all batches
        self.net.train()
        with half_precision(self.args):
            for _ in range(STATISTICS_BATCHES):
                self.net(self.batch()[0])
        self.net.eval()
        for norm in norms:
            norm.momentum = 0.1

    def save_model(self) -> None:
        with self.loop.averaged():
            self.measure_statistics()
            pairs = one_of_each(kept_out(self.pictures))
            if self.loop.progress < 1:
                pairs = pairs[::SAMPLE_ONE_IN]
            held_out = torch.tensor(self.pictures.held_out)
            found = accuracy(self.net, self.pictures, pairs, held_out, self.args.seed)
            found["steps"], found["seen_held_out_pairs"] = self.loop.step, not self.args.without_held_out
            store.save(self.args.out, self.net, self.labels, found)
        self.loop.log({f"sharp_{name}": found["sharp"][name] for name in ("top1", "top5", "style", "background")})


def smaller(pictures: Pictures, side: int) -> Pictures:
    """The same pictures, their artwork at this side where that divides a larger one: a small judge learns faster so.

    Twice the judge's side, so that moving and scaling soften nothing that it can see. Accuracy is measured on the
    pictures at full size.
    """
    if pictures.size <= side or pictures.size % side:
        return pictures
    found = copy.copy(pictures)
    parts = [F.avg_pool2d(part.float(), pictures.size // side) for part in pictures.artwork.split(SHRUNK_AT_ONCE)]
    found.artwork, found.size = torch.cat([part.round().byte() for part in parts]), side
    return found


def _share(scores: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Share of a batch whose highest score is the right class's; stays on the device."""
    return (scores.detach().argmax(1) == classes).float().mean()


def run(args: argparse.Namespace) -> Path:
    """Trains the judge; returns its folder."""
    return in_processes(args, train)


def train(args: argparse.Namespace) -> None:
    training = JudgeTraining(args)
    training.loop.run(training.loss, training.save_model, args.batch)
