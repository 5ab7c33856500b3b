"""The figures of an experiment: curves over training time, and pictures of the same prompts by both arms."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from wurstchen_export.evaluate.prompts import Prompt
from wurstchen_export.experiment.plan import CASCADE, LAST, PLAIN
from wurstchen_export.experiment.report import COLUMNS

PANEL, MARGIN, KEY_LINE = (520, 320), 56, 18
GRID, INK = (225, 225, 225), (60, 60, 60)
COLOURS = {
    "b_joint": (150, 190, 235),
    "b": (70, 130, 200),
    "c": (20, 70, 150),
    "plain": (215, 95, 30),
    CASCADE: (20, 70, 150),
}
LOSS_NAMES = {
    "b_joint": "cascade: Stage B with the compressor",
    "b": "cascade: Stage B alone",
    "c": "cascade: Stage C",
    "plain": "plain model",
}
TILE, LABEL, SHOWN = 128, 44, 10


@dataclass(frozen=True)
class Line:
    """A curve: its name in the key, its colour, and points of (minutes, value)."""

    name: str
    colour: tuple[int, int, int]
    points: list[tuple[float, float]]


def write_curves(path: Path, measured: dict) -> None:
    """Draws losses and, with a judge, its top-1 accuracy over the training minutes of each arm.

    Losses of different stages are of different latents: only their trends can be compared.
    """
    minutes = max(cost["training_seconds"] for cost in measured["costs"].values()) / 60
    panels = [_panel("loss", _loss_lines(measured["losses"]), minutes, None)]
    accuracy = _accuracy_lines(measured["curves"])
    if accuracy:
        panels.append(_panel("top1", accuracy, minutes, (0.0, 1.0)))
    figure = Image.new("RGB", (PANEL[0] * len(panels), panels[0].height), "white")
    for i, panel in enumerate(panels):
        figure.paste(panel, (PANEL[0] * i, 0))
    figure.save(path, optimize=True)


def _loss_lines(losses: dict) -> list[Line]:
    return [
        Line(LOSS_NAMES[name], COLOURS[name], [(seconds / 60, loss) for seconds, loss in points])
        for name, points in losses.items()
    ]


def _accuracy_lines(curves: dict) -> list[Line]:
    names = {CASCADE: "cascade, from the start of Stage C", PLAIN: "plain model"}
    return [
        Line(names[arm], COLOURS[LAST[arm]], [(point["seconds"] / 60, point["top1"]) for point in points])
        for arm, points in curves.items()
        if points
    ]


def _panel(title: str, lines: list[Line], minutes: float, limits: tuple[float, float] | None) -> Image.Image:
    """Draws one diagram; without limits its vertical axis is logarithmic and fits the values."""
    width, height = PANEL
    panel = Image.new("RGB", (width, height + KEY_LINE * len(LOSS_NAMES) + 8), "white")
    draw = ImageDraw.Draw(panel)
    low, high = limits or _decades(lines)
    scale = (lambda value: value) if limits else (lambda value: math.log10(max(value, 10**low)))
    across = lambda x: MARGIN + (width - MARGIN - 16) * x / max(minutes, 1e-9)
    up = lambda y: height - 36 - (height - 72) * (scale(y) - low) / (high - low)
    draw.text((MARGIN, 8), f"{title} over minutes of training", fill=INK, font_size=14)
    for i in range(6):
        x = across(minutes * i / 5)
        draw.line((x, 36, x, height - 36), fill=GRID)
        draw.text((x, height - 32), f"{minutes * i / 5:.3g}", fill=INK, font_size=11, anchor="ma")
    for value in [i / 5 for i in range(6)] if limits else [10.0**i for i in range(int(low), int(high) + 1)]:
        draw.line((MARGIN, up(value), width - 16, up(value)), fill=GRID)
        draw.text((MARGIN - 6, up(value)), f"{value:g}", fill=INK, font_size=11, anchor="rm")
    for i, line in enumerate(lines):
        points = [(across(x), up(y)) for x, y in line.points]
        draw.line(points, fill=line.colour, width=2)
        for x, y in points if limits else ():
            draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=line.colour)
        y = height + KEY_LINE * i
        draw.rectangle((MARGIN, y + 5, MARGIN + 16, y + 9), fill=line.colour)
        draw.text((MARGIN + 24, y), line.name, fill=INK, font_size=12)
    return panel


def _decades(lines: list[Line]) -> tuple[float, float]:
    """Returns the powers of ten that enclose all values."""
    values = [value for line in lines for _, value in line.points if value > 0] or [1.0]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def write_sheet(path: Path, prompts: list[Prompt], shown: dict[str, np.ndarray]) -> None:
    """Draws the first prompts, one per column; rows as in the table: renders, these through Stage A, cascade, plain."""
    count = min(SHOWN, len(prompts))
    side = TILE + 8
    sheet = Image.new("RGB", (side * (count + 1), side * len(COLUMNS) + LABEL), "white")
    draw = ImageDraw.Draw(sheet)
    for row, (name, meaning) in enumerate(COLUMNS.items()):
        draw.text((6, row * side + TILE // 2), "\n".join(textwrap.wrap(meaning, 16)), fill=INK, font_size=13)
        for column in range(count):
            levels = np.round(shown[name][column].transpose(1, 2, 0) * 255).astype(np.uint8)
            tile = Image.fromarray(levels).resize((TILE, TILE), Image.Resampling.BOX)
            sheet.paste(tile, (side * (column + 1) + 4, row * side + 4))
    for column, prompt in enumerate(prompts[:count]):
        text = f"{prompt.text}{' (held out)' if prompt.held_out else ''}"
        place = (side * (column + 1) + 4, side * len(COLUMNS))
        draw.text(place, "\n".join(textwrap.wrap(text, 24)[:4]), fill=INK, font_size=9, spacing=1)
    sheet.save(path, optimize=True)
