"""Stage A: the VQGAN (here without its adversary) that maps pixels to 4-channel latents at a quarter of the side.

Stages B and C live in the unquantised latents, so most of a batch is decoded unquantised; a share of it goes through
the codebook, whose entries start as latents of real crops.
"""

import argparse
import math
from pathlib import Path

import torch
import torch.nn.functional as F

from ..wuerstchen_classes import wuerstchen
from .loop import TrainingLoop
from .options import add_loop_options, add_picture_options, half_precision, loop_options, open_pictures
from .pictures import random_placement

CODEBOOK_WEIGHT = 0.1
COMMITMENT = 0.25  # as the class's own quantiser (beta)
QUANTISED_SHARE = 0.125


def add_options(parser: argparse.ArgumentParser) -> None:
    add_picture_options(parser)
    add_loop_options(parser, learning_rate=2e-3, flat=0.3, batch=64)
    parser.add_argument("--crop", type=int, default=64, help="side of the training crops in pixels (default 64)")
    parser.add_argument("--width", type=int, default=96, help="channels at the latents' size (default 96)")
    parser.add_argument("--bottleneck-blocks", type=int, default=3, help="decoder blocks at that size (default 3)")
    parser.add_argument("--codes", type=int, default=512, help="codebook entries (default 512)")


def build(width: int, bottleneck_blocks: int, codes: int):
    """A PaellaVQModel whose unquantised latents have a standard deviation near 1, so its scale factor is 1."""
    return wuerstchen().PaellaVQModel(
        embed_dim=width, bottleneck_blocks=bottleneck_blocks, num_vq_embeddings=codes, scale_factor=1.0
    )


def encode(vqgan, pixels: torch.Tensor) -> torch.Tensor:
    """Pixels [B,3,H,W] in [0,1] to unscaled latents [B,4,H/4,W/4]."""
    return vqgan.encode(pixels, return_dict=False)[0]


def codebook_loss(vqgan, latents: torch.Tensor):
    """Nearest codes with a straight-through gradient, and the loss that pulls codes and latents together."""
    codes = vqgan.vquantizer.embedding.weight
    flat = latents.float().permute(0, 2, 3, 1).reshape(-1, latents.shape[1])
    nearest = codes[torch.cdist(flat, codes).argmin(1)]
    loss = F.mse_loss(nearest, flat.detach()) + COMMITMENT * F.mse_loss(flat, nearest.detach())
    back = nearest.reshape(latents.shape[0], *latents.shape[2:], -1).permute(0, 3, 1, 2)
    return latents + (back - latents).detach(), loss


def reconstruction_loss(decoded: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    """L1 + mean square + L1 of the gradients at three scales (edges are what an f4 autoencoder blurs)."""
    loss = F.l1_loss(decoded, pixels) + F.mse_loss(decoded, pixels)
    error = decoded - pixels
    for scale in range(3):
        loss = loss + (error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()) / 2
        if scale < 2:
            error = F.avg_pool2d(error, 2)
    return loss


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    """Peak signal-to-noise ratio of pictures in [0,1], in dB, over all of them at once."""
    return -10 * math.log10(F.mse_loss(a.clamp(0, 1), b).item())


class StageATraining:
    """Builds the model and the loop, and computes the loss of a step."""

    def __init__(self, args: argparse.Namespace):
        torch.manual_seed(args.seed)
        self.args = args
        self.pictures = open_pictures(args)
        self.seen = torch.tensor(self.pictures.seen, device=args.device)
        self.vqgan = build(args.width, args.bottleneck_blocks, args.codes)
        self.vqgan = self.vqgan.to(args.device, memory_format=torch.channels_last)
        with torch.no_grad():
            self.vqgan.vquantizer.embedding.weight.normal_()
        self.loop = TrainingLoop(args.out, {"vqgan": self.vqgan}, loop_options(args))

    def crops(self, count: int, side: int) -> torch.Tensor:
        """Random crops [count,3,side,side] of random artwork on random backgrounds."""
        device = self.args.device
        which = self.seen[torch.randint(len(self.seen), (count,), device=device)]
        colours = torch.randint(len(self.pictures.colours), (count,), device=device)
        corner = torch.randint(self.pictures.size - side + 1, (count, 2), device=device)
        return self.pictures.compose(which, colours, random_placement(count, 2.0, device), corner, side)

    def loss(self):
        pixels = self.crops(self.args.batch, self.args.crop).contiguous(memory_format=torch.channels_last)
        with half_precision(self.args):
            latents = encode(self.vqgan, pixels)
            share = max(1, int(QUANTISED_SHARE * len(latents)))
            quantised, codes_loss = codebook_loss(self.vqgan, latents[:share])
            if self.loop.step == 20:
                self.codes_from(latents)
            decoded = self.vqgan.decode(torch.cat([quantised, latents[share:]]), return_dict=False)[0].float()
        loss = reconstruction_loss(decoded, pixels) + CODEBOOK_WEIGHT * codes_loss
        return loss, {"psnr": psnr(decoded[share:].detach(), pixels[share:]), "codes": codes_loss.detach()}

    @torch.no_grad()
    def codes_from(self, latents: torch.Tensor) -> None:
        """Starts the codebook from random latents of a batch."""
        flat = latents.float().permute(0, 2, 3, 1).reshape(-1, latents.shape[1])
        codes = self.vqgan.vquantizer.embedding.weight
        codes.copy_(flat[torch.randint(len(flat), (len(codes),), device=flat.device)])

    @torch.no_grad()
    def save_model(self) -> None:
        with self.loop.averaged():
            self.vqgan.save_pretrained(self.args.out / "vqgan")
            whole = self.crops(32, self.pictures.size).contiguous(memory_format=torch.channels_last)
            decoded = self.vqgan.decode(encode(self.vqgan, whole), return_dict=False)[0]
            self.loop.log({"psnr_averaged": psnr(decoded, whole)})


def run(args: argparse.Namespace) -> Path:
    """Trains Stage A; returns the folder whose `vqgan` is the trained PaellaVQModel."""
    training = StageATraining(args)
    training.loop.run(training.loss, training.save_model)
    return args.out
