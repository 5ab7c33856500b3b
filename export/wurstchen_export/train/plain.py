"""A plain latent diffusion model as the baseline of the cascade: text to Stage A latents in one stage.

Stage B's class with Stage C's text encoder, text attention and loss; its default size is that of Stages B and C with
both text encoders.
"""

import argparse
from pathlib import Path

import torch

from wurstchen_export.model.classes import wuerstchen
from wurstchen_export.train.dataset.caption_table import CaptionTable, Tokens, open_vocabulary
from wurstchen_export.train.dataset.pool import PictureSource, Pool
from wurstchen_export.train.engine.fast import compile_or_fall_back
from wurstchen_export.train.engine.loop import TrainingLoop
from wurstchen_export.train.engine.options import (
    add_diffusion_options,
    add_loop_options,
    add_picture_options,
    half_precision,
    loop_options,
    open_pictures,
    prepare_machine,
)
from wurstchen_export.train.engine.parts import load_part, save_part
from wurstchen_export.train.engine.precision import use_exact_output
from wurstchen_export.train.engine.processes import in_processes
from wurstchen_export.train.engine.staging import wait_for
from wurstchen_export.train.methods.diffusion import add_noise, noise_loss
from wurstchen_export.train.methods.response_norm import use_folded_response_norm
from wurstchen_export.train.stage_a import encode, load_stage_a
from wurstchen_export.train.stage_c import TEXT_DROPPED
from wurstchen_export.train.text import TextSide, text_architecture, use_short_rows

HEAD_WIDTH = 32


def add_options(parser: argparse.ArgumentParser) -> None:
    add_picture_options(parser)
    add_loop_options(parser, learning_rate=1e-3, flat=0.35, batch=32)
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 160, 384], help="channels per level")
    parser.add_argument("--blocks", type=int, nargs="+", default=[2, 4, 4], help="blocks per level")
    parser.add_argument("--attending", type=int, default=2, help="lower levels that attend to the text (default 2)")
    parser.add_argument("--text-width", type=int, default=192, help="width of its text encoder (default 192)")
    parser.add_argument("--text-layers", type=int, default=3, help="layers of its text encoder (default 3)")
    add_diffusion_options(parser, pool=3000)


def build(widths: list[int], blocks: list[int], attending: int, text_width: int):
    """A WuerstchenDiffNeXt without semantic maps: its forward takes None for them.

    Raises ValueError for inconsistent sizes.
    """
    levels = len(widths)
    if len(blocks) != levels:
        raise ValueError(f"--widths has {levels} levels, but --blocks has {len(blocks)}: give a number for each level")
    if not 1 <= attending <= levels:
        raise ValueError(f"--attending must be 1 to {levels}, the number of levels, got {attending}")
    unfit = [width for width in widths[-attending:] if width % HEAD_WIDTH]
    if unfit:
        raise ValueError(f"--widths of levels that attend must be multiples of {HEAD_WIDTH}, got {unfit[0]}")
    silent = levels - attending
    return wuerstchen().WuerstchenDiffNeXt(
        c_cond=text_width,
        c_hidden=widths,
        nhead=[-1] * silent + [width // HEAD_WIDTH for width in widths[silent:]],
        blocks=blocks,
        level_config=["CT"] * silent + ["CTA"] * attending,
        inject_effnet=[False] * levels,
        clip_embd=text_width,
        dropout=0.0,
    )


class PlainTraining:
    """Builds the models and the loop, and computes the loss of a step."""

    def __init__(self, args: argparse.Namespace):
        prepare_machine(args)
        self.args = args
        self.pictures = open_pictures(args)
        vocabulary = open_vocabulary(args.data)
        self.build_modules(len(vocabulary))
        tokens = Tokens(vocabulary, self.text.length)
        if args.compile:
            compile_or_fall_back([self.decoder, self.text], self.warm_up, args.shifted_depthwise)
        self.captions = CaptionTable(self.pictures, tokens, args.variants, args.seed)
        if args.wait_for:
            wait_for(args.wait_for, args.until)
        if args.start_from:
            for name, module in (("plain", self.decoder), ("text_plain", self.text)):
                module.load_state_dict(load_part(args.start_from, name)[0])
        self.vqgan = load_stage_a(args.out, args.device)
        modules = {"decoder": self.decoder, "text": self.text}
        self.loop = TrainingLoop(args.out / "plain", modules, loop_options(args))
        self.pool = Pool(PictureSource(self.pictures, args.jitter), args.pool, self.describe).fill()

    def build_modules(self, tokens: int) -> None:
        args = self.args
        self.architecture = {
            "widths": args.widths,
            "blocks": args.blocks,
            "attending": args.attending,
            "text_width": args.text_width,
        }
        self.text_architecture = {
            "tokens": tokens,
            "width": args.text_width,
            "layers": args.text_layers,
            "length": args.text_length,
        }
        if args.start_from:
            self.architecture = load_part(args.start_from, "plain")[1]
            self.text_architecture = text_architecture(args.start_from, "text_plain", tokens)
        self.text = TextSide(**self.text_architecture).to(args.device)
        self.decoder = build(**self.architecture)
        use_short_rows(self.decoder)
        use_folded_response_norm(self.decoder)
        use_exact_output(self.decoder.clf)
        self.decoder = self.decoder.to(args.device, memory_format=torch.channels_last)

    def warm_up(self) -> None:
        """Does one step on random latents to compile the models; changes no weights."""
        side, device = self.pictures.size // 4, self.args.device
        latents = torch.randn(self.args.batch, 4, side, side, device=device).half()
        ids = torch.zeros(self.args.batch, self.text.length, dtype=torch.int64, device=device)
        self.loss_of(latents, ids).backward()
        self.decoder.zero_grad(set_to_none=True)
        self.text.zero_grad(set_to_none=True)

    def describe(self, pixels: torch.Tensor):
        """Returns Stage A latents at the scale of Stage B, in 16 bits."""
        with half_precision(self.args):
            return [(encode(self.vqgan, pixels).float() / self.vqgan.config.scale_factor).half()]

    def loss_of(self, latents: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        latents = latents.float().contiguous(memory_format=torch.channels_last)
        noise, t = torch.randn_like(latents), torch.rand(len(latents), device=latents.device)
        with half_precision(self.args):
            predicted = self.decoder(add_noise(latents, noise, t), t, None, self.text(ids))
        return noise_loss(predicted, noise, t, self.args.emphasis)

    def loss(self):
        if self.args.jitter:
            self.pool.renew(self.args.renew)
        which, colours, (latents,) = self.pool.draw(self.args.batch)
        return self.loss_of(latents, self.captions.draw(which, colours, TEXT_DROPPED)), {}

    @torch.no_grad()
    def save_model(self) -> None:
        with self.loop.averaged():
            save_part(self.args.out, "plain", self.decoder, self.architecture)
            save_part(self.args.out, "text_plain", self.text, self.text_architecture)


def run(args: argparse.Namespace) -> Path:
    """Trains the plain model; returns the folder with its parts."""
    return in_processes(args, train)


def train(args: argparse.Namespace) -> None:
    training = PlainTraining(args)
    training.loop.run(training.loss, training.save_model, args.batch)
