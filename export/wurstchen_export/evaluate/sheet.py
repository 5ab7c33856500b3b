"""The contact sheet of an evaluation: the first prompts' pictures with the judge's verdict, then reconstructions."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from wurstchen_export.evaluate.judge.judge import Verdict
from wurstchen_export.evaluate.prompts import Prompt

SIDE, LABEL, COLUMNS = 128, 40, 12
PICTURES, PAIRS = 120, 12
LINE, LINES = 24, 3
FRAMES = {1: (40, 150, 60), 5: (230, 170, 30), 0: (200, 40, 40)}
"""Colour of a picture's frame: the judge's first answer is right, one of its first five, none of them."""


def write(
    path: Path,
    prompts: list[Prompt],
    pixels: np.ndarray,
    verdicts: list[Verdict],
    originals: np.ndarray,
    rebuilt: np.ndarray,
) -> None:
    """Writes a PNG file. pixels: of the prompts; originals and rebuilt: of the reconstructions, may be empty."""
    tiles = [_tile(*row) for row in zip(pixels[:PICTURES], prompts, verdicts)]
    tiles += [_blank()] * (-len(tiles) % COLUMNS)
    for before, after in zip(originals[:PAIRS], rebuilt[:PAIRS]):
        tiles += [_labelled(before, "render", None), _labelled(after, "rebuilt", None)]
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (SIDE + 8), rows * (SIDE + LABEL)), "white")
    for i, tile in enumerate(tiles):
        sheet.paste(tile, (i % COLUMNS * (SIDE + 8), i // COLUMNS * (SIDE + LABEL)))
    sheet.save(path, optimize=True)


def _tile(pixels: np.ndarray, prompt: Prompt, verdict: Verdict) -> Image.Image:
    rank = verdict.emoji.index(prompt.hexcode) if prompt.hexcode in verdict.emoji else None
    frame = FRAMES[0 if rank is None else 1 if rank == 0 else 5]
    return _labelled(pixels, f"{prompt.text}{' (held out)' if prompt.held_out else ''}", frame)


def _labelled(pixels: np.ndarray, text: str, frame) -> Image.Image:
    tile = _blank()
    tile.paste(thumbnail(pixels), (4, 4))
    draw = ImageDraw.Draw(tile)
    if frame:
        draw.rectangle((1, 1, SIDE + 6, SIDE + 6), outline=frame, width=3)
    lines = textwrap.wrap(text, LINE)[:LINES]
    draw.text((4, SIDE + 7), "\n".join(lines), fill="black", font_size=9, spacing=1)
    return tile


def thumbnail(pixels: np.ndarray) -> Image.Image:
    """Resizes a picture, [3,H,W] in [0,1], to SIDE pixels."""
    levels = np.round(pixels.transpose(1, 2, 0).clip(0, 1) * 255).astype(np.uint8)
    return Image.fromarray(levels).resize((SIDE, SIDE), Image.Resampling.BOX)


def _blank() -> Image.Image:
    return Image.new("RGB", (SIDE + 8, SIDE + LABEL), "white")
