"""Stage C: text-conditional diffusion of the frozen compressor's latents."""

import argparse
from pathlib import Path

import torch

from wurstchen_export.model.classes import wuerstchen
from wurstchen_export.train.dataset.caption_table import CaptionTable, Tokens, open_vocabulary
from wurstchen_export.train.dataset.pool import PictureSource, Pool, compressor_view
from wurstchen_export.train.engine.fast import compile_or_fall_back
from wurstchen_export.train.engine.loop import TrainingLoop
from wurstchen_export.train.engine.options import (
    add_diffusion_options,
    add_loop_options,
    add_picture_options,
    dropped_share,
    half_precision,
    loop_options,
    open_pictures,
    prepare_machine,
    share,
)
from wurstchen_export.train.engine.parts import load_part, save_part
from wurstchen_export.train.engine.precision import use_exact_output
from wurstchen_export.train.engine.processes import in_processes
from wurstchen_export.train.engine.staging import wait_for
from wurstchen_export.train.methods.diffusion import add_noise, noise_loss
from wurstchen_export.train.methods.dropout import use_dropout
from wurstchen_export.train.methods.response_norm import use_folded_response_norm
from wurstchen_export.train.methods.restyling import PairedSource, noise_towards, restyled
from wurstchen_export.train.stage_b import load_compressor
from wurstchen_export.train.text import TextSide, text_architecture, use_short_rows

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
    add_style_options(parser)


def add_style_options(parser: argparse.ArgumentParser) -> None:
    """Options against memorising (object, style) pairs."""
    parser.add_argument(
        "--dropout",
        type=dropped_share,
        default=0.0,
        help="share of activations that training drops in its blocks and its text encoder (default 0)",
    )
    parser.add_argument(
        "--style-only",
        type=share,
        default=0.0,
        help="share of captions that name the style and the background, and no object (default 0)",
    )
    parser.add_argument(
        "--restyled",
        type=share,
        default=0.0,
        help="of the captions that name the style, the share whose noised picture is in another style, which is to be"
        " turned into the one named (default 0). Twice the memory for --pool. Goes well with --style-only",
    )
    parser.add_argument(
        "--varied",
        type=share,
        default=0.0,
        help="share of pictures that are turned, mirrored and in other hues. Their caption names the style only with"
        " --style-only above 0, otherwise nothing (default 0)",
    )


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
        self.captions = CaptionTable(self.pictures, tokens, args.variants, args.seed, args.style_only)
        source = (PairedSource if args.restyled else PictureSource)(self.pictures, args.jitter, args.varied)
        if args.wait_for:
            wait_for(args.wait_for, args.until)
        if args.start_from:
            for name, module in (("c", self.prior), ("text_c", self.text)):
                module.load_state_dict(load_part(args.start_from, name)[0])
        self.compressor = load_compressor(args.out, args.device)
        self.loop = TrainingLoop(args.out / "c", {"prior": self.prior, "text": self.text}, loop_options(args))
        self.pool = Pool(source, args.pool, self.describe).fill()

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
        for module in (self.prior, self.text):
            use_dropout(module, args.dropout)

    def warm_up(self) -> None:
        """Does one step on random latents to compile the models; changes no weights."""
        side = self.pictures.size * 3 // 128
        latents = torch.randn(self.args.batch, 16, side, side, device=self.args.device)
        ids = torch.zeros(self.args.batch, self.text.length, dtype=torch.int64, device=self.args.device)
        self.loss_of(latents, ids).backward()
        self.prior.zero_grad(set_to_none=True)
        self.text.zero_grad(set_to_none=True)

    def describe(self, pixels: torch.Tensor):
        """The compressor's output at unit scale; with --restyled, then that of the pictures in another style."""
        with half_precision(self.args):
            latents = self.compressor.stage_c_latents(compressor_view(pixels)).float()
        return latents.chunk(2) if self.args.restyled else [latents]

    def loss_of(self, latents: torch.Tensor, ids: torch.Tensor, others=None, styled=None) -> torch.Tensor:
        """others: the latents in another style, of which --restyled takes some where the captions are `styled`."""
        latents = latents.contiguous(memory_format=torch.channels_last)
        noise, t = torch.randn_like(latents), torch.rand(len(latents), device=latents.device)
        shown, wanted = latents, noise
        if others is not None:
            shown = restyled(latents, others, styled, t, self.args.restyled)
            wanted = noise_towards(latents, shown, noise, t)
        with half_precision(self.args):
            predicted = self.prior(add_noise(shown, noise, t), t, self.text(ids))
        return noise_loss(predicted, wanted, t, self.args.emphasis)

    def loss(self):
        if self.args.jitter:
            self.pool.renew(self.args.renew)
        which, colours, (latents, *others) = self.pool.draw(self.args.batch)
        ids, styled = self.captions.draw_with_style(which, colours, TEXT_DROPPED)
        return self.loss_of(latents, ids, *others, styled) if others else self.loss_of(latents, ids), {}

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
