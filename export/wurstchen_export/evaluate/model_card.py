"""The picture of MODEL_CARD.md: every tenth of the first 480 prompts of `evaluate`, one seed, no selection.

``python -m wurstchen_export.evaluate.model_card BUNDLE`` draws it again with the bundle's default size, steps and guidance.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from wurstchen_export.bundle.runtime import Bundle
from wurstchen_export.evaluate import prompts as evaluate_prompts
from wurstchen_export.evaluate.pictures import Painter
from wurstchen_export.evaluate.prompts import Prompt
from wurstchen_export.evaluate.sheet import SIDE, thumbnail

FILE = Path(__file__).parents[2] / "model-card.png"
PROMPTS = slice(0, 480, 10)
SEED = 1
COLUMNS = 8


def sheet(painter: Painter, prompts: list[Prompt]) -> Image.Image:
    """Returns the pictures of the prompts, row by row, each SIDE pixels wide and high."""
    pixels = painter.draw(prompts, [SEED] * len(prompts), "prompts")
    drawn = Image.new("RGB", (COLUMNS * SIDE, -(-len(prompts) // COLUMNS) * SIDE), "white")
    for i, picture in enumerate(pixels):
        drawn.paste(thumbnail(picture), (i % COLUMNS * SIDE, i // COLUMNS * SIDE))
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    parser.add_argument("--out", type=Path, default=FILE, help="PNG file (default: the one in MODEL_CARD.md)")
    parser.add_argument("--threads", type=int, default=2, help="of ONNX Runtime (default 2)")
    options = parser.parse_args()
    painter = Painter(Bundle(options.bundle, threads=options.threads), print)
    sheet(painter, evaluate_prompts.read()[PROMPTS]).save(options.out, optimize=True)
    print(options.out)


if __name__ == "__main__":
    main()
