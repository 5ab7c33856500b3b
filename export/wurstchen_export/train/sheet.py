"""Draws a sheet of pictures, one per prompt, with the reference's pipelines: Stage C, Stage B, Stage A."""

import argparse
from pathlib import Path

import torch
from PIL import Image, ImageDraw

from wurstchen_export.train.model import TrainedParts, add_part_options

PROMPTS = (
    "a red apple on a blue background",
    "a banana on a purple background",
    "a cat on a yellow background",
    "a dog on a green background",
    "a rocket on a black background",
    "a star on a blue background",
    "a sun on a pink background",
    "a tree on an orange background",
    "a red heart on a white background",
    "a house on a grey background",
    "a fish on a yellow background",
    "an octopus on a green background",
    "a pizza on a red background",
    "an umbrella on a yellow background",
    "a red car on a grey background",
    "a rose",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    add_part_options(parser)
    parser.add_argument("--out", type=Path, required=True, help="PNG file")
    parser.add_argument("--prompts", type=Path, help="text file, one prompt a line (default: 16 of ours)")
    parser.add_argument("--seed", type=int, default=1, help="seed of every picture (default 1)")
    parser.add_argument("--stage-c-steps", type=int, default=30, help="default 30")
    parser.add_argument("--stage-c-guidance", type=float, default=4.0, help="default 4")
    parser.add_argument("--stage-b-steps", type=int, default=12, help="default 12")
    parser.add_argument("--columns", type=int, default=8, help="pictures in a row (default 8)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")


def draw(parts: TrainedParts, prompt: str, args: argparse.Namespace) -> Image.Image:
    """One 256 x 256 picture as diffusers makes it."""
    generator = torch.Generator().manual_seed(args.seed)
    latents = args.prior(
        prompt,
        height=256,
        width=256,
        num_inference_steps=args.stage_c_steps,
        guidance_scale=args.stage_c_guidance,
        generator=generator,
        output_type="pt",
    ).image_embeddings
    images = args.decoder(
        latents, prompt, num_inference_steps=args.stage_b_steps, guidance_scale=0.0, generator=generator
    )
    return images.images[0]


def run(args: argparse.Namespace) -> Path:
    """Draws the sheet; returns its file."""
    parts = TrainedParts(args)
    args.prior, args.decoder = parts.prior_pipeline(), parts.decoder_pipeline()
    args.prior.set_progress_bar_config(disable=True)
    args.decoder.set_progress_bar_config(disable=True)
    prompts = args.prompts.read_text(encoding="utf-8").splitlines() if args.prompts else PROMPTS
    rows = -(-len(prompts) // args.columns)
    sheet = Image.new("RGB", (args.columns * 260, rows * 276), "white")
    labels = ImageDraw.Draw(sheet)
    for i, prompt in enumerate(prompts):
        corner = (i % args.columns * 260 + 2, i // args.columns * 276 + 2)
        sheet.paste(draw(parts, prompt, args), corner)
        labels.text((corner[0], corner[1] + 258), prompt, fill="black")
    sheet.save(args.out)
    return args.out
