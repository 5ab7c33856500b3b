"""Draws sheets of reconstructions and of prompts with the trained parts, on the training device.

Faster and less exact than `sheet`, which runs the reference's pipelines; needs no model folder.
"""

import argparse
import json
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image

from wurstchen_export.train.dataset.caption_table import Tokens, open_vocabulary
from wurstchen_export.train.dataset.captions import caption_of
from wurstchen_export.train.dataset.pictures import central_placement
from wurstchen_export.train.dataset.pool import compressor_view
from wurstchen_export.train.engine.options import (
    add_machine_options,
    add_picture_options,
    half_precision,
    open_pictures,
    prepare_machine,
)
from wurstchen_export.train.engine.precision import use_exact_output
from wurstchen_export.train.methods.diffusion import sample
from wurstchen_export.train.model import load_stage, load_text
from wurstchen_export.train.stage_a import encode, load_stage_a
from wurstchen_export.train.stage_b import STEPS, load_compressor
from wurstchen_export.train.stage_b import build as build_b
from wurstchen_export.train.stage_c import build as build_c
from wurstchen_export.train.text import use_short_rows

SIDE = 128  # of a picture on a sheet
RECOMBINED = (
    "a banana on a blue background",
    "noto octopus on a lime background",
    "a red apple on a navy background",
    "a cat, flat style, on a teal background",
    "a rocket, glossy style, on a pink background",
    "a sleeping cat on a beige background",
    "a house on a purple background",
    "glossy cactus on a brown background",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    add_picture_options(parser)
    add_machine_options(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder with the trained parts; the sheets go there")
    parser.add_argument("--prompts", type=int, default=64, help="pictures from prompts (default 64)")
    parser.add_argument("--steps", type=int, default=60, help="of Stage C (default 60)")
    parser.add_argument("--guidance", type=float, default=4.0, help="of Stage C (default 4)")
    parser.add_argument("--seed", type=int, default=1, help="default 1")


class Cascade:
    """The parts, on the training device."""

    def __init__(self, args: argparse.Namespace):
        place = lambda module: module.to(args.device).requires_grad_(False)
        self.args = args
        self.vqgan = load_stage_a(args.out, args.device)
        self.compressor = load_compressor(args.out, args.device)
        self.b, self.c = (place(load_stage(args.out, n, build)) for n, build in (("b", build_b), ("c", build_c)))
        vocabulary = open_vocabulary(args.data)
        texts = (load_text(args.out, name, len(vocabulary)) for name in ("text_b", "text_c"))
        self.text_b, self.text_c = map(place, texts)
        use_short_rows(self.b)
        use_short_rows(self.c)
        use_exact_output(self.b.clf)
        use_exact_output(self.c.out)
        self.tokens_b, self.tokens_c = (Tokens(vocabulary, text.length) for text in (self.text_b, self.text_c))
        self.generator = torch.Generator().manual_seed(args.seed)

    def maps(self, captions: list[str]) -> torch.Tensor:
        """Stage C with guidance: captions to maps at unit scale [B,16,6,6]."""
        ids = self.tokens_c.rows(captions + [""] * len(captions)).to(self.args.device)
        hidden = self.text_c(ids)

        def predict(x, t):
            wanted, empty = self.c(torch.cat([x, x]), torch.cat([t, t]), hidden).float().chunk(2)
            return empty + (wanted - empty) * self.args.guidance

        return sample(predict, (len(captions), 16, 6, 6), self.args.steps, self.generator, self.args.device)

    def pictures(self, maps: torch.Tensor, captions: list[str]) -> torch.Tensor:
        """Stages B and A: maps to pictures, float32 [B,3,256,256] in [0,1]."""
        hidden = self.text_b(self.tokens_b.rows(captions).to(self.args.device))
        predict = lambda x, t: self.b(x, t, maps, hidden)
        with half_precision(self.args):
            latents = sample(predict, (len(maps), 4, 64, 64), STEPS, self.generator, self.args.device)
            return self.vqgan.decode(latents, return_dict=False)[0].float().clamp(0, 1)


def sheet(pictures: torch.Tensor, columns: int) -> Image.Image:
    """Arranges small versions of pictures [N,3,H,W] in [0,1] in rows."""
    small = F.interpolate(pictures.cpu(), size=(SIDE, SIDE), mode="area")
    rows = -(-len(small) // columns)
    padded = torch.cat([small, torch.ones(rows * columns - len(small), 3, SIDE, SIDE)])
    grid = padded.unflatten(0, (rows, columns)).permute(0, 3, 1, 4, 2).reshape(rows * SIDE, columns * SIDE, 3)
    return Image.fromarray((grid * 255).round().byte().numpy())


def chosen_captions(pictures, count: int, seed: int) -> list[str]:
    """Returns prompts: half of training pictures, then held-out ones and untrained combinations of words."""
    source = random.Random(seed)
    held = min(len(pictures.unseen), max(0, count // 2 - len(RECOMBINED)))
    which = source.sample(pictures.seen, min(count - held, len(pictures.seen), count // 2))
    which += source.sample(pictures.unseen, held)
    captions = [caption_of(pictures, i, source.randrange(len(pictures.colours)), source) for i in which]
    return (captions + list(RECOMBINED))[:count]


@torch.no_grad()
def run(args: argparse.Namespace) -> Path:
    """Writes rebuilt.png (original, Stage A, whole cascade under each other), prompts.png and prompts.json."""
    prepare_machine(args)
    pictures, cascade = open_pictures(args), Cascade(args)
    held = (pictures.unseen or pictures.seen)[:12]
    which = torch.tensor(held, device=args.device)
    colours = torch.arange(len(which), device=args.device) % len(pictures.colours)
    pixels = pictures.compose(which, colours, central_placement(len(which), args.device))
    with half_precision(args):
        by_a = cascade.vqgan.decode(encode(cascade.vqgan, pixels), return_dict=False)[0].float().clamp(0, 1)
        maps = cascade.compressor.stage_c_latents(compressor_view(pixels)).float()
    source = random.Random(args.seed)
    captions = [caption_of(pictures, i, int(c), source) for i, c in zip(held, colours, strict=True)]
    rebuilt = cascade.pictures(maps, captions)
    sheet(torch.cat([pixels, by_a, rebuilt]), len(held)).save(args.out / "rebuilt.png")
    texts = (cascade.tokens_b, cascade.tokens_c)
    captions = chosen_captions(pictures, args.prompts, args.seed)
    captions = [caption for caption in captions if all(tokens.row(caption) for tokens in texts)]
    with half_precision(args):
        maps = cascade.maps(captions)
    sheet(cascade.pictures(maps, captions), 8).save(args.out / "prompts.png")
    (args.out / "prompts.json").write_text(json.dumps(captions, indent=1) + "\n", encoding="utf-8")
    return args.out
