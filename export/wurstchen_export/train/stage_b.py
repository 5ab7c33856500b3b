"""Stage B with the semantic compressor: latent diffusion that rebuilds Stage A latents from the compressor's maps.

First both train together; with --freeze-compressor FOLDER Stage B goes on alone, on the compressor that Stage C is
learning. The compressor's output is noised and sometimes dropped, so that Stage C's small errors are forgiven.
"""

import argparse
from pathlib import Path

import torch

from ..compressor import SemanticCompressor
from ..wuerstchen_classes import clip_tokenizer, wuerstchen
from .captions import write_captions
from .diffusion import add_noise, noise_loss, sample
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
from .pictures import central_placement
from .pool import Pool, compressor_view
from .stage_a import encode, psnr
from .response_norm import use_folded_response_norm
from .text import TextSide, use_short_rows

MAX_MAP_NOISE = 0.4  # standard deviation of the largest noise on the compressor's output, whose own is 1
MAP_DROPPED = 0.06
TEXT_DROPPED = 0.25


def add_options(parser: argparse.ArgumentParser) -> None:
    add_picture_options(parser)
    add_loop_options(parser, learning_rate=1.5e-3, flat=0.6, batch=32)
    parser.add_argument("--stage-a", type=Path, required=True, help="folder that stage-a trained in")
    parser.add_argument("--freeze-compressor", type=Path, help="stage-b folder to start from, compressor frozen")
    parser.add_argument("--widths", type=int, nargs="+", default=[48, 96, 192], help="channels per level")
    parser.add_argument("--blocks", type=int, nargs="+", default=[1, 2, 2], help="blocks per level")
    parser.add_argument("--text-width", type=int, default=64, help="width of its text encoder (default 64)")
    parser.add_argument("--text-layers", type=int, default=1, help="layers of its text encoder (default 1)")
    add_diffusion_options(parser, pool=3000)


def build(widths: list[int], blocks: list[int], text_width: int):
    """A WuerstchenDiffNeXt with text attention at its smallest level and maps injected at all but its largest."""
    inner = len(widths) - 1
    return wuerstchen().WuerstchenDiffNeXt(
        c_cond=64,
        c_hidden=widths,
        nhead=[-1] * inner + [widths[-1] // 32],
        blocks=blocks,
        level_config=["CT"] * inner + ["CTA"],
        inject_effnet=[False] + [True] * inner,
        clip_embd=text_width,
        dropout=0.0,
    )


class StageBTraining:
    """Builds the models and the loop, and computes the loss of a step.

    In training Stage B reads the compressor's output at unit scale (Stage C latents); saving folds the step to semantic
    latents into the mappers, because weights for inputs of +-42 would learn too wildly.
    """

    def __init__(self, args: argparse.Namespace):
        torch.manual_seed(args.seed)
        self.args = args
        self.pictures = open_pictures(args)
        self.vqgan = wuerstchen().PaellaVQModel.from_pretrained(args.stage_a / "vqgan").eval()
        self.vqgan = self.vqgan.to(args.device, memory_format=torch.channels_last)
        tokenizer = clip_tokenizer().from_pretrained(args.data / "tokenizer")
        text = TextSide(tokenizer, args.text_width, args.text_layers, args.text_length)
        self.text = text.to(args.device)
        self.architecture = {"widths": args.widths, "blocks": args.blocks, "text_width": args.text_width}
        self.decoder = build(**self.architecture)
        use_short_rows(self.decoder, args.text_length)
        use_folded_response_norm(self.decoder)
        self.decoder = self.decoder.to(args.device, memory_format=torch.channels_last)
        self.compressor = SemanticCompressor().to(args.device, memory_format=torch.channels_last)
        self.start_from(args.freeze_compressor)
        modules = {"decoder": self.decoder, "text": self.text}
        if not args.freeze_compressor:
            modules["compressor"] = self.compressor
        self.predict = maybe_compiled(self.decoder, args)
        self.loop = TrainingLoop(args.out, modules, loop_options(args))
        self.pool = Pool(self.pictures, args.pool, self.describe, args.jitter, args.seed + self.loop.step).fill()
        self.source = self.pool.source

    def start_from(self, folder: Path | None) -> None:
        """Takes the averaged weights of a joint run, and freezes its compressor."""
        if folder is None:
            return
        parts = torch.load(folder / "averaged.pt", weights_only=True)
        self.decoder.load_state_dict(parts["decoder"])
        self.text.load_state_dict(parts["text"])
        self.compressor.load_state_dict(parts["compressor"])
        self.compressor.eval().requires_grad_(False)

    def describe(self, pixels: torch.Tensor):
        """Stage B latents, and either the compressor's picture (uint8) or, once frozen, its output."""
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        with half_precision(self.args):
            latents = encode(self.vqgan, pixels).float() / self.vqgan.config.scale_factor
            small = compressor_view(pixels)
            if self.args.freeze_compressor:
                return latents.half(), self.compressor.stage_c_latents(small).float()
        return latents.half(), (small * 255).round().byte()

    def maps(self, view: torch.Tensor) -> torch.Tensor:
        """The compressor's output at unit scale, from what the pool keeps."""
        if self.args.freeze_compressor:
            return view
        pixels = (view.float() / 255).contiguous(memory_format=torch.channels_last)
        return self.compressor.stage_c_latents(pixels).float()

    def corrupted(self, maps: torch.Tensor) -> torch.Tensor:
        """Noised by a random amount, and dropped (semantic latents of zero) for a few pictures."""
        count, device = len(maps), maps.device
        amount = MAX_MAP_NOISE * torch.rand(count, 1, 1, 1, device=device)
        kept = torch.rand(count, 1, 1, 1, device=device) >= MAP_DROPPED
        return torch.where(kept, maps + amount * torch.randn_like(maps), self.zero_map())

    def zero_map(self) -> torch.Tensor:
        config = self.compressor.config
        return torch.tensor(config["latent_std"] / config["latent_mean"], device=self.args.device)

    def loss(self):
        if self.args.jitter:
            self.pool.renew(self.args.renew)
        labels, (latents, view) = self.pool.draw(self.args.batch)
        latents = latents.float().contiguous(memory_format=torch.channels_last)
        noise = torch.randn_like(latents)
        t = torch.rand(len(latents), device=latents.device).sqrt()  # more often where the maps decide: high noise
        with half_precision(self.args):
            hidden = self.text(write_captions(self.pictures, labels, self.source, TEXT_DROPPED))
            maps = self.corrupted(self.maps(view))
            predicted = self.predict(add_noise(latents, noise, t), t, maps, hidden)
        return noise_loss(predicted, noise, t, self.args.emphasis), {}

    @torch.no_grad()
    def save_model(self) -> None:
        with self.loop.averaged():
            parts = {"decoder": self.decoder, "text": self.text, "compressor": self.compressor}
            state = {name: part.state_dict() for name, part in parts.items()}
            state |= {"architecture": self.architecture, "text_length": self.args.text_length}
            torch.save(state, self.args.out / "averaged.pt")
            self.compressor.save_pretrained(self.args.out / "compressor")
            self.loop.log({"psnr_cascade": self.rebuild()})

    def rebuild(self, count: int = 16) -> float:
        """PSNR of compressor, Stage B (12 steps, no guidance) and Stage A against held-out pictures."""
        pictures = self.pictures
        which = torch.tensor((pictures.unseen or pictures.seen)[:count], device=self.args.device)
        colours = torch.arange(len(which), device=self.args.device) % len(pictures.colours)
        pixels = pictures.compose(which, colours, central_placement(len(which), self.args.device))
        labels = list(zip(which.tolist(), colours.tolist(), strict=True))
        captions = write_captions(pictures, labels, self.source)
        with half_precision(self.args):
            maps = self.compressor.stage_c_latents(compressor_view(pixels)).float()
            hidden = self.text(captions)
            shape = (len(pixels), 4, pixels.shape[-2] // 4, pixels.shape[-1] // 4)
            generator = torch.Generator().manual_seed(1)
            latents = sample(
                lambda x, t: self.decoder(x, t, maps, hidden), shape, 12, generator, device=self.args.device
            )
            decoded = self.vqgan.decode(latents * self.vqgan.config.scale_factor, return_dict=False)[0].float()
        return psnr(decoded, pixels)


def fold_semantic_scale(decoder, latent_mean: float, latent_std: float) -> None:
    """Turns mappers that read Stage C latents x into mappers that read semantic latents y = x * mean - std."""
    for mapper in decoder.effnet_mappers:
        if mapper is not None:
            mapper.weight.data /= latent_mean
            mapper.bias.data += mapper.weight.data.sum((1, 2, 3)) * latent_std


def run(args: argparse.Namespace) -> Path:
    """Trains Stage B; returns its folder."""
    training = StageBTraining(args)
    training.loop.run(training.loss, training.save_model)
    return args.out
