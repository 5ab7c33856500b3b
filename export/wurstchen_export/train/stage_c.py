"""Stage C: text-conditional diffusion of the frozen compressor's latents."""

import argparse
from pathlib import Path

import torch

from ..wuerstchen_classes import wuerstchen
from .caption_table import CaptionTable, Tokens, open_vocabulary
from .diffusion import add_noise, noise_loss
from .fast import compile_or_fall_back
from .loop import TrainingLoop
from .options import (
    add_diffusion_options,
    add_loop_options,
    add_picture_options,
    half_precision,
    loop_options,
    open_pictures,
    prepare_machine,
)
from .parts import load_part, save_part
from .pool import PictureSource, Pool, compressor_view
from .processes import in_processes
from .precision import use_exact_output
from .response_norm import use_folded_response_norm
from .stage_b import load_compressor
from .staging import wait_for
from .text import TextSide, text_architecture, use_short_rows

TEXT_DROPPED = 0.1


def add_options(parser: argparse.ArgumentParser) -> None:
    add_picture_options(parser)
    add_loop_options(parser, learning_rate=6e-4, flat=0.35, batch=128)
    parser.add_argument("--width", type=int, default=256, help="channels (default 256)")
    parser.add_argument("--depth", type=int, default=12, help="blocks (default 12)")
    parser.add_argument("--heads", type=int, default=8, help="attention heads (default 8)")
    parser.add_argument("--text-width", type=int, default=192, help="width of its text encoder (default 192)")
    parser.add_argument("--text-layers", type=int, default=3, help="layers of its text encoder (default 3)")
    add_diffusion_options(parser, pool=6000)


def build(width: int, depth: int, heads: int, text_width: int):
    """A WuerstchenPrior whose output convolution starts at zero: otherwise 1 / |1 - b| explodes early."""
    prior = wuerstchen().WuerstchenPrior(c_in=16, c=width, c_cond=text_width, depth=depth, nhead=heads, dropout=0.0)
    torch.nn.init.zeros_(prior.out[1].weight)
    torch.nn.init.zeros_(prior.out[1].bias)
    return prior


class StageCTraining:
    """Builds the models and the loop, and computes the loss of a step."""

    def __init__(self, args: argparse.Namespace):
        prepare_machine(args)
        self.args = args
        self.pictures = open_pictures(args)
        vocabulary = open_vocabulary(args.data)
        self.build_modules(len(vocabulary))
        tokens = Tokens(vocabulary, self.text.length)
        if args.compile:
            compile_or_fall_back([self.prior, self.text], self.warm_up, args.shifted_depthwise)
        self.captions = CaptionTable(self.pictures, tokens, args.variants, args.seed)
        if args.wait_for:
            wait_for(args.wait_for, args.until)
        if args.start_from:
            for name, module in (("c", self.prior), ("text_c", self.text)):
                module.load_state_dict(load_part(args.start_from, name)[0])
        self.compressor = load_compressor(args.out, args.device)
        self.loop = TrainingLoop(args.out / "c", {"prior": self.prior, "text": self.text}, loop_options(args))
        self.pool = Pool(PictureSource(self.pictures, args.jitter), args.pool, self.describe).fill()

    def build_modules(self, tokens: int) -> None:
        args = self.args
        self.architecture = {
            "width": args.width,
            "depth": args.depth,
            "heads": args.heads,
            "text_width": args.text_width,
        }
        self.text_architecture = {
            "tokens": tokens,
            "width": args.text_width,
            "layers": args.text_layers,
            "length": args.text_length,
        }
        if args.start_from:
            self.architecture = load_part(args.start_from, "c")[1]
            self.text_architecture = text_architecture(args.start_from, "text_c", tokens)
        self.text = TextSide(**self.text_architecture).to(args.device)
        self.prior = build(**self.architecture)
        use_short_rows(self.prior)
        use_folded_response_norm(self.prior)
        use_exact_output(self.prior.out)
        self.prior = self.prior.to(args.device, memory_format=torch.channels_last)

    def warm_up(self) -> None:
        """One step on random latents, without its effects."""
        side = self.pictures.size * 3 // 128
        latents = torch.randn(self.args.batch, 16, side, side, device=self.args.device)
        ids = torch.zeros(self.args.batch, self.text.length, dtype=torch.int64, device=self.args.device)
        self.loss_of(latents, ids).backward()
        self.prior.zero_grad(set_to_none=True)
        self.text.zero_grad(set_to_none=True)

    def describe(self, pixels: torch.Tensor):
        """The compressor's output at unit scale."""
        with half_precision(self.args):
            return [self.compressor.stage_c_latents(compressor_view(pixels)).float()]

    def loss_of(self, latents: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        latents = latents.contiguous(memory_format=torch.channels_last)
        noise, t = torch.randn_like(latents), torch.rand(len(latents), device=latents.device)
        with half_precision(self.args):
            predicted = self.prior(add_noise(latents, noise, t), t, self.text(ids))
        return noise_loss(predicted, noise, t, self.args.emphasis)

    def loss(self):
        if self.args.jitter:
            self.pool.renew(self.args.renew)
        which, colours, (latents,) = self.pool.draw(self.args.batch)
        return self.loss_of(latents, self.captions.draw(which, colours, TEXT_DROPPED)), {}

    @torch.no_grad()
    def save_model(self) -> None:
        with self.loop.averaged():
            save_part(self.args.out, "c", self.prior, self.architecture)
            save_part(self.args.out, "text_c", self.text, self.text_architecture)


def run(args: argparse.Namespace) -> Path:
    """Trains Stage C; returns the folder with its parts."""
    return in_processes(args, train)


def train(args: argparse.Namespace) -> None:
    training = StageCTraining(args)
    training.loop.run(training.loss, training.save_model, args.batch)
