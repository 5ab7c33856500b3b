"""Stage B with the semantic compressor: latent diffusion that rebuilds Stage A latents from the compressor's maps.

First both are trained jointly; with --freeze-compressor only Stage B, on the compressor whose latents Stage C learns.
The compressor's output is noised and sometimes dropped, which makes Stage B robust to Stage C's errors.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F

from wurstchen_export.model.classes import wuerstchen
from wurstchen_export.model.compressor import SemanticCompressor
from wurstchen_export.train.dataset.caption_table import CaptionTable, Tokens, open_vocabulary
from wurstchen_export.train.dataset.pictures import central_placement
from wurstchen_export.train.dataset.pool import PictureSource, Pool, compressor_view
from wurstchen_export.train.engine.fast import compile_or_fall_back, eagerly
from wurstchen_export.train.engine.loop import TrainingLoop
from wurstchen_export.train.engine.options import (
    add_diffusion_options,
    add_loop_options,
    add_picture_options,
    deviation,
    half_precision,
    loop_options,
    open_pictures,
    prepare_machine,
    share,
)
from wurstchen_export.train.engine.parts import load_part, part_file, save_part
from wurstchen_export.train.engine.precision import use_exact_output
from wurstchen_export.train.engine.processes import in_processes
from wurstchen_export.train.engine.staging import wait_for
from wurstchen_export.train.methods.calibration import calibrated
from wurstchen_export.train.methods.diffusion import add_noise, noise_loss, sample
from wurstchen_export.train.methods.response_norm import use_folded_response_norm
from wurstchen_export.train.stage_a import encode, load_stage_a
from wurstchen_export.train.text import TextSide, text_architecture, use_short_rows

MAP_DROPPED = 0.06
TEXT_DROPPED = 0.25
STEPS = 12  # of the measured cascade, as published


def add_options(parser: argparse.ArgumentParser) -> None:
    add_picture_options(parser)
    add_loop_options(parser, learning_rate=1.2e-3, flat=0.6, batch=32)
    parser.add_argument(
        "--freeze-compressor", action="store_true", help="go on from the parts in OUT, with the compressor as it is"
    )
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 128, 256], help="channels per level")
    parser.add_argument("--blocks", type=int, nargs="+", default=[2, 3, 3], help="blocks per level")
    parser.add_argument("--cond-width", type=int, default=128, help="width of its conditioning (default 128)")
    parser.add_argument("--text-width", type=int, default=64, help="width of its text encoder (default 64)")
    parser.add_argument("--text-layers", type=int, default=1, help="layers of its text encoder (default 1)")
    parser.add_argument(
        "--compressor-widths", type=int, nargs=4, default=[32, 64, 128, 224], help="channels of the compressor"
    )
    parser.add_argument(
        "--map-noise",
        type=deviation,
        default=0.4,
        help="standard deviation of the largest noise on the compressor's output, whose own is 1 (default 0.4). Less"
        " lets the compressor say more, and forgives Stage C less",
    )
    parser.add_argument(
        "--varied",
        type=share,
        default=0.0,
        help="share of pictures that are turned, mirrored and in other hues, without a caption (default 0)",
    )
    add_diffusion_options(parser, pool=3000)


def build(widths: list[int], blocks: list[int], text_width: int, cond_width: int = 64):
    """A WuerstchenDiffNeXt with text attention at its smallest level and maps injected at all but its largest."""
    inner = len(widths) - 1
    return wuerstchen().WuerstchenDiffNeXt(
        c_cond=cond_width,
        c_hidden=widths,
        nhead=[-1] * inner + [widths[-1] // 32],
        blocks=blocks,
        level_config=["CT"] * inner + ["CTA"],
        inject_effnet=[False] + [True] * inner,
        clip_embd=text_width,
        dropout=0.0,
    )


def load_compressor(folder: Path, device: str) -> SemanticCompressor:
    """The trained compressor, frozen, in evaluation mode."""
    state, architecture = load_part(folder, "compressor")
    compressor = SemanticCompressor(**architecture)
    compressor.load_state_dict(state)
    return compressor.eval().requires_grad_(False).to(device, memory_format=torch.channels_last)


class StageBTraining:
    """Builds the models and the loop, and computes the loss of a step.

    In training Stage B reads the compressor's output at unit scale (Stage C latents); the published model folder gets
    the step to semantic latents folded into the mappers, because training with inputs of +-42 would be unstable.
    """

    def __init__(self, args: argparse.Namespace):
        prepare_machine(args)
        self.args, self.frozen = args, args.freeze_compressor
        self.pictures = open_pictures(args)
        vocabulary = open_vocabulary(args.data)
        self.build_modules(len(vocabulary))
        tokens = Tokens(vocabulary, self.text.length)
        if args.compile:
            stages = [self.decoder, self.text] + ([] if self.frozen else [self.compressor])
            compile_or_fall_back(stages, self.warm_up, args.shifted_depthwise)
        self.captions = CaptionTable(self.pictures, tokens, args.variants, args.seed)
        if args.wait_for:
            wait_for(args.wait_for, args.until)
        self.load_modules()
        modules = {"decoder": self.decoder, "text": self.text}
        if not self.frozen:
            modules["compressor"] = self.compressor
        self.loop = TrainingLoop(args.out / ("b" if self.frozen else "b_joint"), modules, loop_options(args))
        self.pool = Pool(PictureSource(self.pictures, args.jitter, args.varied), args.pool, self.describe).fill()

    @property
    def start(self) -> Path | None:
        return self.args.start_from or (self.args.out if self.frozen else None)

    def build_modules(self, tokens: int) -> None:
        args = self.args
        self.architecture = {
            "widths": args.widths,
            "blocks": args.blocks,
            "text_width": args.text_width,
            "cond_width": args.cond_width,
        }
        self.text_architecture = {
            "tokens": tokens,
            "width": args.text_width,
            "layers": args.text_layers,
            "length": args.text_length,
        }
        if self.start and part_file(self.start, "b").exists():
            self.architecture = load_part(self.start, "b")[1]
            self.text_architecture = text_architecture(self.start, "text_b", tokens)
        self.text = TextSide(**self.text_architecture).to(args.device)
        self.decoder = build(**self.architecture)
        use_short_rows(self.decoder)
        use_folded_response_norm(self.decoder)
        use_exact_output(self.decoder.clf)
        self.decoder = self.decoder.to(args.device, memory_format=torch.channels_last)
        compressor = {"widths": args.compressor_widths}
        if self.start and not self.frozen:
            compressor = load_part(self.start, "compressor")[1]
        self.compressor = SemanticCompressor(**compressor)
        self.compressor = self.compressor.to(args.device, memory_format=torch.channels_last)

    def load_modules(self) -> None:
        """Loads the parts of other stages and this stage's initial weights."""
        self.vqgan = load_stage_a(self.args.out, self.args.device)
        if self.start:
            for name, module in (("b", self.decoder), ("text_b", self.text)):
                module.load_state_dict(load_part(self.start, name)[0])
        if self.frozen:
            self.compressor = load_compressor(self.args.out, self.args.device)
        elif self.start:
            self.compressor.load_state_dict(load_part(self.start, "compressor")[0])

    def warm_up(self) -> None:
        """Does one step on random latents to compile the models; changes no weights."""
        args, device = self.args, self.args.device
        held = {name: buffer.clone() for name, buffer in self.compressor.named_buffers()}
        side = self.pictures.size
        latents = torch.randn(args.batch, 4, side // 4, side // 4, device=device).half()
        if self.frozen:
            view = torch.randn(args.batch, 16, side * 3 // 128, side * 3 // 128, device=device)
        else:
            view = torch.zeros(args.batch, 3, side * 3 // 4, side * 3 // 4, dtype=torch.uint8, device=device)
        ids = torch.zeros(args.batch, self.text.length, dtype=torch.int64, device=device)
        self.loss_of(latents, view, ids).backward()
        for module in (self.decoder, self.text, self.compressor):
            module.zero_grad(set_to_none=True)
        self.compressor.load_state_dict(held, strict=False)

    def describe(self, pixels: torch.Tensor):
        """Stage B latents, and either the compressor's picture (uint8) or, once frozen, its output."""
        with half_precision(self.args):
            latents = encode(self.vqgan, pixels).float() / self.vqgan.config.scale_factor
            small = compressor_view(pixels)
            if self.frozen:
                return latents.half(), self.compressor.stage_c_latents(small).float()
        return latents.half(), (small * 255).round().byte()

    def maps(self, view: torch.Tensor) -> torch.Tensor:
        """The compressor's output at unit scale, from what the pool keeps."""
        if self.frozen:
            return view
        pixels = (view.float() / 255).contiguous(memory_format=torch.channels_last)
        return self.compressor.stage_c_latents(pixels).float()

    def corrupted(self, maps: torch.Tensor) -> torch.Tensor:
        """Noised by a random amount, and dropped (semantic latents of zero) for a few pictures."""
        count, device = len(maps), maps.device
        amount = self.args.map_noise * torch.rand(count, 1, 1, 1, device=device)
        kept = torch.rand(count, 1, 1, 1, device=device) >= MAP_DROPPED
        return torch.where(kept, maps + amount * torch.randn_like(maps), self.zero_map)

    @property
    def zero_map(self) -> float:
        config = self.compressor.config
        return config["latent_std"] / config["latent_mean"]

    def loss_of(self, latents: torch.Tensor, view: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        latents = latents.float().contiguous(memory_format=torch.channels_last)
        noise = torch.randn_like(latents)
        t = torch.rand(len(latents), device=latents.device).sqrt()  # high noise more often: maps matter there
        with half_precision(self.args):
            maps = self.corrupted(self.maps(view))
            predicted = self.decoder(add_noise(latents, noise, t), t, maps, self.text(ids))
        return noise_loss(predicted, noise, t, self.args.emphasis)

    def loss(self):
        if self.args.jitter:
            self.pool.renew(self.args.renew)
        which, colours, (latents, view) = self.pool.draw(self.args.batch)
        return self.loss_of(latents, view, self.captions.draw(which, colours, TEXT_DROPPED)), {}

    @torch.no_grad()
    def save_model(self) -> None:
        with self.loop.averaged(), eagerly():
            if not self.frozen:
                calibrated(self.compressor, lambda: self.maps(self.pool.draw(min(256, self.pool.size))[2][1]))
                save_part(self.args.out, "compressor", self.compressor, self.compressor.config)
            save_part(self.args.out, "b", self.decoder, self.architecture)
            save_part(self.args.out, "text_b", self.text, self.text_architecture)
            count = 128 if self.args.device != "cpu" else 16
            self.loop.log({"psnr_held_out": self.rebuild(count)})

    def rebuild(self, count: int) -> torch.Tensor:
        """PSNR of compressor, Stage B (12 steps, no guidance) and Stage A against held-out pictures."""
        which = torch.tensor((self.pictures.unseen or self.pictures.seen)[:count], device=self.args.device)
        colours = torch.arange(len(which), device=self.args.device) % len(self.pictures.colours)
        error = 0.0
        for some, on in zip(which.split(64), colours.split(64), strict=True):
            pixels = self.pictures.compose(some, on, central_placement(len(some), self.args.device))
            error = error + F.mse_loss(self.rebuilt(pixels, self.captions.draw(some, on, 0.0)), pixels) * len(some)
        return -10 * torch.log10(error / len(which))

    def rebuilt(self, pixels: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """The pictures through compressor, Stage B and Stage A, float32 [B,3,H,W] in [0,1]."""
        with half_precision(self.args):
            maps = self.compressor.stage_c_latents(compressor_view(pixels)).float()
            hidden = self.text(ids)
            shape = (len(pixels), 4, pixels.shape[-2] // 4, pixels.shape[-1] // 4)
            predict = lambda x, t: self.decoder(x, t, maps, hidden)
            latents = sample(predict, shape, STEPS, torch.Generator().manual_seed(1), device=self.args.device)
            decoded = self.vqgan.decode(latents * self.vqgan.config.scale_factor, return_dict=False)[0]
        return decoded.float().clamp(0, 1)


def fold_semantic_scale(decoder, latent_mean: float, latent_std: float) -> None:
    """Turns mappers that read Stage C latents x into mappers that read semantic latents y = x * mean - std."""
    for mapper in decoder.effnet_mappers:
        if mapper is not None:
            mapper.weight.data /= latent_mean
            mapper.bias.data += mapper.weight.data.sum((1, 2, 3)) * latent_std


def unfold_semantic_scale(decoder, latent_mean: float, latent_std: float) -> None:
    """The inverse: mappers that read semantic latents become mappers that read Stage C latents."""
    for mapper in decoder.effnet_mappers:
        if mapper is not None:
            mapper.bias.data -= mapper.weight.data.sum((1, 2, 3)) * latent_std
            mapper.weight.data *= latent_mean


def run(args: argparse.Namespace) -> Path:
    """Trains Stage B; returns the folder with its parts."""
    return in_processes(args, train)


def train(args: argparse.Namespace) -> None:
    training = StageBTraining(args)
    training.loop.run(training.loss, training.save_model, args.batch)
