"""Stage C: text-conditional diffusion of the frozen compressor's latents."""

import argparse
from pathlib import Path

import torch

from ..compressor import SemanticCompressor
from ..wuerstchen_classes import clip_tokenizer, wuerstchen
from .captions import write_captions
from .diffusion import add_noise, noise_loss
from .loop import TrainingLoop
from .options import (
    add_diffusion_options,
    add_loop_options,
    add_picture_options,
    half_precision,
    loop_options,
    maybe_compiled,
    open_pictures,
)
from .pool import Pool, compressor_view
from .response_norm import use_folded_response_norm
from .text import TextSide, use_short_rows

TEXT_DROPPED = 0.1


def add_options(parser: argparse.ArgumentParser) -> None:
    add_picture_options(parser)
    add_loop_options(parser, learning_rate=1e-3, flat=0.35, batch=128)
    parser.add_argument("--stage-b", type=Path, required=True, help="stage-b folder whose compressor is final")
    parser.add_argument("--width", type=int, default=192, help="channels (default 192)")
    parser.add_argument("--depth", type=int, default=8, help="blocks (default 8)")
    parser.add_argument("--heads", type=int, default=6, help="attention heads (default 6)")
    parser.add_argument("--text-width", type=int, default=128, help="width of its text encoder (default 128)")
    parser.add_argument("--text-layers", type=int, default=2, help="layers of its text encoder (default 2)")
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
        torch.manual_seed(args.seed)
        self.args = args
        self.pictures = open_pictures(args)
        self.compressor = SemanticCompressor.from_pretrained(args.stage_b / "compressor").to(args.device)
        tokenizer = clip_tokenizer().from_pretrained(args.data / "tokenizer")
        text = TextSide(tokenizer, args.text_width, args.text_layers, args.text_length)
        self.text = text.to(args.device)
        self.architecture = {
            "width": args.width,
            "depth": args.depth,
            "heads": args.heads,
            "text_width": args.text_width,
        }
        self.prior = build(**self.architecture)
        use_short_rows(self.prior, args.text_length)
        use_folded_response_norm(self.prior)
        self.prior = self.prior.to(args.device, memory_format=torch.channels_last)
        self.predict = maybe_compiled(self.prior, args)
        self.loop = TrainingLoop(args.out, {"prior": self.prior, "text": self.text}, loop_options(args))
        self.pool = Pool(self.pictures, args.pool, self.describe, args.jitter, args.seed + self.loop.step).fill()

    def describe(self, pixels: torch.Tensor):
        """The compressor's output at unit scale."""
        with half_precision(self.args):
            return [self.compressor.stage_c_latents(compressor_view(pixels)).float()]

    def loss(self):
        if self.args.jitter:
            self.pool.renew(self.args.renew)
        labels, (latents,) = self.pool.draw(self.args.batch)
        latents = latents.contiguous(memory_format=torch.channels_last)
        noise, t = torch.randn_like(latents), torch.rand(len(latents), device=latents.device)
        captions = write_captions(self.pictures, labels, self.pool.source, TEXT_DROPPED)
        with half_precision(self.args):
            predicted = self.predict(add_noise(latents, noise, t), t, self.text(captions))
        return noise_loss(predicted, noise, t, self.args.emphasis), {}

    @torch.no_grad()
    def save_model(self) -> None:
        with self.loop.averaged():
            parts = {"prior": self.prior.state_dict(), "text": self.text.state_dict()}
            parts |= {"architecture": self.architecture, "text_length": self.args.text_length}
            torch.save(parts, self.args.out / "averaged.pt")


def run(args: argparse.Namespace) -> Path:
    """Trains Stage C; returns its folder."""
    training = StageCTraining(args)
    training.loop.run(training.loss, training.save_model)
    return args.out
