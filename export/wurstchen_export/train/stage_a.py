"""Stage A: the VQGAN (here without its adversary) that maps pixels to 4-channel latents at a quarter of the side.

Stages B and C live in the unquantised latents, so most of a batch is decoded unquantised; a share of it goes through
the codebook, whose entries start as latents of real crops. With --freeze-encoder only the decoder is trained, so that
the latents do not change for Stages B and C.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F

from wurstchen_export.model.classes import wuerstchen
from wurstchen_export.train.dataset.pictures import central_placement, random_placement
from wurstchen_export.train.dataset.pool import PictureSource
from wurstchen_export.train.engine.fast import compile_or_fall_back, eagerly
from wurstchen_export.train.engine.loop import TrainingLoop
from wurstchen_export.train.engine.options import (
    add_loop_options,
    add_picture_options,
    half_precision,
    loop_options,
    open_pictures,
    prepare_machine,
)
from wurstchen_export.train.engine.parts import load_part, save_part
from wurstchen_export.train.engine.processes import in_processes
from wurstchen_export.train.engine.staging import wait_for
from wurstchen_export.train.methods.calibration import calibrated, recalibrated

CODEBOOK_WEIGHT = 0.1
COMMITMENT = 0.25  # as in the class's own quantiser (beta)
QUANTISED_SHARE = 0.125
CODES_START, CODES_EVERY = 20, 250  # steps: the codebook is initialised from data; unused codes are initialised again
CODES_SETTLE = 0.7  # share of the run after which they are no longer initialised


def add_options(parser: argparse.ArgumentParser) -> None:
    add_picture_options(parser)
    add_loop_options(parser, learning_rate=2e-3, flat=0.3, batch=64)
    parser.add_argument("--crop", type=int, default=64, help="side of the training crops in pixels (default 64)")
    parser.add_argument("--width", type=int, default=128, help="channels at the latents' size (default 128)")
    parser.add_argument("--bottleneck-blocks", type=int, default=5, help="decoder blocks at that size (default 5)")
    parser.add_argument(
        "--freeze-encoder", action="store_true", help="train the decoder only; needs --start-from or the part in OUT"
    )
    parser.add_argument(
        "--square-weight",
        type=float,
        default=8.0,
        help="weight of the mean square error, which PSNR measures; 8 makes it about as large as the absolute one near"
        " 30 dB (default 8)",
    )
    parser.add_argument("--codes", type=int, default=512, help="codebook entries (default 512)")


def build(width: int, bottleneck_blocks: int, codes: int):
    """A PaellaVQModel whose unquantised latents have a standard deviation near 1, so its scale factor is 1."""
    return wuerstchen().PaellaVQModel(
        embed_dim=width, bottleneck_blocks=bottleneck_blocks, num_vq_embeddings=codes, scale_factor=1.0
    )


def encode(vqgan, pixels: torch.Tensor) -> torch.Tensor:
    """Pixels [B,3,H,W] in [0,1] to unscaled latents [B,4,H/4,W/4]."""
    return vqgan.encode(pixels, return_dict=False)[0]


def rows(latents: torch.Tensor) -> torch.Tensor:
    """Latents [B,4,h,w] as float32 [B*h*w,4]."""
    return latents.float().permute(0, 2, 3, 1).reshape(-1, latents.shape[1])


def codebook_loss(vqgan, latents: torch.Tensor):
    """Nearest codes with a straight-through gradient, the loss that pulls codes and latents together, and their use.

    The last is a count per code.
    """
    codes = vqgan.vquantizer.embedding.weight
    flat = rows(latents)
    with torch.no_grad():
        number = torch.cdist(flat, codes).argmin(1)
        used = torch.zeros(len(codes), device=codes.device).scatter_add_(0, number, torch.ones_like(number).float())
    nearest = F.embedding(number, codes)
    loss = F.mse_loss(nearest, flat.detach()) + COMMITMENT * F.mse_loss(flat, nearest.detach())
    back = nearest.reshape(latents.shape[0], *latents.shape[2:], -1).permute(0, 3, 1, 2)
    return latents + (back - latents).detach(), loss, used


def reconstruction_loss(decoded: torch.Tensor, pixels: torch.Tensor, square_weight: float) -> torch.Tensor:
    """L1 + weighted mean square + L1 of the gradients at three scales (edges are what an f4 autoencoder blurs)."""
    loss = F.l1_loss(decoded, pixels) + square_weight * F.mse_loss(decoded, pixels)
    error = decoded - pixels
    for scale in range(3):
        loss = loss + (error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()) / 2
        if scale < 2:
            error = F.avg_pool2d(error, 2)
    return loss


def psnr(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Returns the PSNR of pictures in [0,1] in dB, over the mean square of all; a tensor, to avoid synchronization."""
    return -10 * torch.log10(F.mse_loss(a.float().clamp(0, 1), b.float()))


def load_stage_a(folder: Path, device: str):
    """The trained PaellaVQModel, in evaluation mode."""
    state, architecture = load_part(folder, "a")
    vqgan = build(**architecture)
    vqgan.load_state_dict(state)
    return vqgan.eval().requires_grad_(False).to(device, memory_format=torch.channels_last)


@torch.no_grad()
def held_out_psnr(vqgan, pictures, count: int) -> torch.Tensor:
    """Returns the PSNR of Stage A's reconstructions of held-out pictures."""
    which = torch.tensor((pictures.unseen or pictures.seen)[:count], device=pictures.artwork.device)
    colours = torch.arange(len(which), device=which.device) % len(pictures.colours)
    rebuilt, errors = [], 0.0
    for some, on in zip(which.split(16), colours.split(16), strict=True):
        pixels = pictures.compose(some, on, central_placement(len(some), str(which.device)))
        rebuilt = vqgan.decode(encode(vqgan, pixels), return_dict=False)[0].float().clamp(0, 1)
        errors = errors + F.mse_loss(rebuilt, pixels) * len(some) / len(which)
    return -10 * torch.log10(errors)


class StageATraining:
    """Builds the model and the loop, and computes the loss of a step."""

    def __init__(self, args: argparse.Namespace):
        prepare_machine(args)
        self.args = args
        self.pictures = open_pictures(args)
        self.source = PictureSource(self.pictures, 2.0)
        start = args.start_from or (args.out if args.freeze_encoder else None)
        self.architecture = {"width": args.width, "bottleneck_blocks": args.bottleneck_blocks, "codes": args.codes}
        state = None
        if start:
            state, self.architecture = load_part(start, "a")
        self.vqgan = build(**self.architecture).to(args.device, memory_format=torch.channels_last)
        self.encoder = torch.nn.ModuleList([self.vqgan.in_block, self.vqgan.down_blocks, self.vqgan.vquantizer])
        if args.freeze_encoder:
            self.encoder.requires_grad_(False)
        with torch.no_grad():
            self.vqgan.vquantizer.embedding.weight.normal_()
        if args.compile:
            compile_or_fall_back([self.vqgan], self.warm_up, args.shifted_depthwise)
        if args.wait_for:
            wait_for(args.wait_for, args.until)
        if state:
            self.vqgan.load_state_dict(state)
            self.settle()
        self.codes_start = None if state else CODES_START
        self.used = torch.zeros(self.architecture["codes"], device=args.device)
        self.loop = TrainingLoop(args.out / "a", {"vqgan": self.vqgan}, loop_options(args))

    @torch.no_grad()
    def settle(self) -> None:
        """Calibrates loaded weights, so that they compute the same in training mode.

        A restored Stage A has no batch norm statistics of its encoder, and a new codebook: bundles hold none.
        """
        if self.args.freeze_encoder:
            return
        with eagerly():
            latents = recalibrated(self.encoder, lambda: encode(self.vqgan, self.crops(64, self.args.crop)))
        self.encoder.train()
        codes = self.vqgan.vquantizer.embedding.weight
        flat = rows(latents)
        fresh = flat[torch.randint(len(flat), (len(codes),), device=flat.device)]
        error = lambda codes: torch.cdist(flat, codes).amin(1).square().mean()
        if error(fresh) < error(codes):
            codes.copy_(fresh)

    def warm_up(self) -> None:
        """Does one step on random pictures to compile the models; changes no weights."""
        held = {name: buffer.clone() for name, buffer in self.vqgan.named_buffers()}
        pixels = torch.rand(self.args.batch, 3, self.args.crop, self.args.crop, device=self.args.device)
        self.loss_of(pixels.contiguous(memory_format=torch.channels_last))[0].backward()
        self.vqgan.zero_grad(set_to_none=True)
        self.vqgan.load_state_dict(held, strict=False)

    def crops(self, count: int, side: int) -> torch.Tensor:
        """Random crops [count,3,side,side] of random artwork on random backgrounds."""
        which, colours = self.source.draw(count)
        corner = torch.randint(self.pictures.size - side + 1, (count, 2), device=which.device)
        pixels = self.pictures.compose(which, colours, random_placement(count, 2.0, self.args.device), corner, side)
        return pixels.contiguous(memory_format=torch.channels_last)

    def loss_of(self, pixels: torch.Tensor):
        """The loss, the decoded pictures that were not quantised, the codes' loss and use, and the latents."""
        with half_precision(self.args):
            if self.args.freeze_encoder:
                self.encoder.eval()  # includes its batch norm
            latents = encode(self.vqgan, pixels)
            share = max(1, int(QUANTISED_SHARE * len(latents)))
            quantised, codes_loss, used = codebook_loss(self.vqgan, latents[:share])
            if self.args.freeze_encoder:
                decoded = self.vqgan.decode(latents, return_dict=False)[0].float()
                loss = reconstruction_loss(decoded, pixels, self.args.square_weight)
                return loss, decoded[share:], codes_loss, used, latents
            decoded = self.vqgan.decode(torch.cat([quantised, latents[share:]]), return_dict=False)[0].float()
        loss = reconstruction_loss(decoded, pixels, self.args.square_weight) + CODEBOOK_WEIGHT * codes_loss
        return loss, decoded[share:], codes_loss, used, latents

    def loss(self):
        pixels = self.crops(self.args.batch, self.args.crop)
        loss, decoded, codes_loss, used, latents = self.loss_of(pixels)
        if not self.args.freeze_encoder:
            self.tend_codes(used, latents)
        return loss, {"psnr": psnr(decoded.detach(), pixels[-len(decoded) :]), "codes": codes_loss.detach()}

    @torch.no_grad()
    def tend_codes(self, used: torch.Tensor, latents: torch.Tensor) -> None:
        """Initialises the codebook, and later its unused entries, from random latents of a batch.

        With several processes, the first one's latents are used, so that the weights stay equal. An entry
        counts as used if any process uses it, because each sees only a share of the batch.
        """
        self.used += used
        step = self.loop.step
        if step != self.codes_start and (step % CODES_EVERY != 0 or step == 0 or self.loop.progress > CODES_SETTLE):
            return
        self.loop.ranks.add_up(self.used)
        flat = rows(latents)
        codes = self.vqgan.vquantizer.embedding.weight
        fresh = flat[torch.randint(len(flat), (len(codes),), device=flat.device)]
        unused = (self.used == 0)[:, None] if step != self.codes_start else torch.ones_like(codes, dtype=torch.bool)
        codes.copy_(torch.where(unused, fresh, codes))
        average = self.loop.average[[p is codes for p in self.loop.parameters].index(True)]
        average.copy_(torch.where(unused, fresh, average))
        self.loop.ranks.take_from_first([codes, average])
        self.used.zero_()

    @torch.no_grad()
    def save_model(self) -> None:
        with self.loop.averaged(), eagerly():
            if not self.args.freeze_encoder:
                calibrated(self.encoder, lambda: encode(self.vqgan, self.crops(64, self.args.crop)))
            save_part(self.args.out, "a", self.vqgan, self.architecture)
            count = 128 if self.args.device != "cpu" else 16
            self.loop.log({"psnr_held_out": held_out_psnr(self.vqgan, self.pictures, count)})


def run(args: argparse.Namespace) -> Path:
    """Trains Stage A; returns the folder with its part."""
    return in_processes(args, train)


def train(args: argparse.Namespace) -> None:
    training = StageATraining(args)
    training.loop.run(training.loss, training.save_model, args.batch)
