"""Reads and writes the prompts of `evaluate`, which do not depend on a model.

``python -m wurstchen_export.evaluate.prompts DATA`` writes the checked-in file again from the same pictures.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

from wurstchen_export.errors import ExportError

FILE = Path(__file__).parent / "prompts.tsv"
COLUMNS = ("hexcode", "style", "background", "held_out", "prompt")
COUNT, HELD_OUT = 500, 110
"""Prompts, and how many of them are of held-out pairs (all of these, where there are fewer)."""
SEED = 20240116
"""Any would do; it was set before a model had drawn anything."""


@dataclass(frozen=True)
class Prompt:
    """A prompt and the expected content of its picture; held_out: no training picture has this emoji in this style."""

    hexcode: str
    style: str
    background: str
    held_out: bool
    text: str


def read(path: Path = FILE, count: int | None = None) -> list[Prompt]:
    """Returns the first prompts of the file, or all. Raises ExportError with the file, the line and the remedy."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise ExportError(f"there is no prompt file {path}") from None
    prompts = [
        _prompt(path, number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")
    ]
    if count is not None and not 1 <= count <= len(prompts):
        raise ExportError(f"--prompts must be 1 to {len(prompts)}, the number of prompts in {path}, got {count}")
    return prompts[:count]


def _prompt(path: Path, number: int, line: str) -> Prompt:
    fields = line.split("\t")
    if len(fields) != len(COLUMNS) or fields[3] not in ("0", "1"):
        raise ExportError(
            f"{path}:{number}: expected {', '.join(COLUMNS)} (held_out 0 or 1) separated by tabs, got {line!r}"
        )
    hexcode, style, background, held_out, text = fields
    return Prompt(hexcode, style, background, held_out == "1", text)


def draw(pictures, count: int = COUNT, held_out: int = HELD_OUT, seed: int = SEED) -> list[Prompt]:
    """Returns random prompts in random order, one for each (emoji, style) pair; all name style and background.

    pictures: train.pictures.Pictures. Backgrounds alternate, so that all are equally frequent.
    """
    source = random.Random(seed)
    unseen = [which for which in range(len(pictures)) if pictures.held_out[which]]
    seen = [which for which in range(len(pictures)) if not pictures.held_out[which]]
    chosen = source.sample(unseen, min(held_out, len(unseen)))
    chosen += source.sample(seen, count - len(chosen))
    source.shuffle(chosen)
    return [_drawn(pictures, which, i % len(pictures.colour_names), source) for i, which in enumerate(chosen)]


def _drawn(pictures, which: int, colour: int, source: random.Random) -> Prompt:
    from wurstchen_export.train.dataset.captions import STYLED, fill

    concept = pictures.concepts[pictures.concept_of[which]]
    background, style = pictures.colour_names[colour], pictures.style(which)
    text = fill(source.choice(STYLED), concept.with_article, concept.names[0], background, style)
    return Prompt(concept.hexcode, style, background, pictures.held_out[which], text)


def write(prompts: list[Prompt], digest: str, path: Path) -> None:
    lines = [
        f"# {len(prompts)} prompts of `evaluate`, written by wurstchen_export/evaluate/prompts.py with seed {SEED}",
        f"# of the pictures {digest}",
        "# " + "\t".join(COLUMNS),
        *("\t".join((p.hexcode, p.style, p.background, str(int(p.held_out)), p.text)) for p in prompts),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    from wurstchen_export.train.dataset.pictures import Pictures

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="what `train data` wrote")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    pictures = Pictures(options.data, None)
    write(draw(pictures), pictures.index_digest, options.out)


if __name__ == "__main__":
    main()
