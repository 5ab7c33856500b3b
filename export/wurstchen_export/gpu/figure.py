"""The figure and the table of a side-by-side benchmark (side_by_side.py) for the documentation."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from wurstchen_export.errors import ExportError
from wurstchen_export.gpu import side_by_side

SIZE = (840, 420)
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 50, 60
GRID, INK = (225, 225, 225), (60, 60, 60)
SERIES = {
    side_by_side.EAGER: ("diffusers, eager", (190, 190, 190)),
    side_by_side.COMPILED: ("diffusers, torch.compile", (70, 130, 200)),
    side_by_side.OURS: ("this library, from Java", (215, 95, 30)),
}
BEGIN, END = "<!-- benchmark: made by gpu-figure -->", "<!-- end of benchmark -->"


def main(benchmark: Path, page: Path, picture: Path) -> None:
    """Draws seconds a picture by batch size to ``picture`` (PNG), and puts the table between the marks of ``page``."""
    content = json.loads(benchmark.read_text(encoding="utf-8"))
    draw(content, picture)
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ExportError(f"{page} must have a line '{BEGIN}' and, below it, a line '{END}'")
    block = f"{BEGIN}\n{summary(content)}\n\n{side_by_side.table(content)}\n{END}"
    page.write_text(before + block + after, encoding="utf-8")


def summary(content: dict) -> str:
    """Returns machine, date and start times."""
    first, second = content["first_picture_s"], content["second_size_s"]
    compiled = f" (torch.compile: {first['compiled']:g} s)" if "compiled" in first else ""
    return (
        f"{content['gpu']}, {content['date']}, {content['width']}x{content['height']} px,"
        f" {content['stage_c_steps']} + {content['stage_b_steps']} guided steps, 16 bits, random weights; torch"
        f" {content['torch']}; {content['engine']}. Process start to first picture: {first['ours']:g} s{compiled}; first picture"
        f" of a second size: {second['ours']:g} s, later ones {second['ours_seen']:g} s."
    )


def draw(content: dict, path: Path) -> None:
    """Draws bars of seconds per picture, grouped by batch size."""
    figure = Image.new("RGB", SIZE, "white")
    pen, font = ImageDraw.Draw(figure), ImageFont.load_default(14)
    rows = {batch: row["seconds_per_picture"] for batch, row in content["batch"].items()}
    highest = max(value for row in rows.values() for value in row.values())
    width, height = SIZE[0] - LEFT - RIGHT, SIZE[1] - TOP - BOTTOM
    step = _grid_step(highest)
    scale = height / (step * -(-highest // step))
    value = 0.0
    while value <= height / scale + 1e-9:
        y = TOP + height - value * scale
        pen.line([(LEFT, y), (LEFT + width, y)], fill=GRID)
        pen.text((LEFT - 8, y), f"{value:g}", fill=INK, font=font, anchor="rm")
        value += step
    group = width / len(rows)
    bar = group / (len(SERIES) + 1)
    for i, (batch, row) in enumerate(rows.items()):
        for j, kind in enumerate(SERIES):
            if kind in row:
                left, top = LEFT + i * group + (j + 0.5) * bar, TOP + height - row[kind] * scale
                pen.rectangle([left, top, left + bar - 4, TOP + height], fill=SERIES[kind][1])
                pen.text((left + bar / 2 - 2, top - 4), f"{row[kind]:.2f}", fill=INK, font=font, anchor="mb")
        pen.text((LEFT + (i + 0.5) * group, TOP + height + 8), f"{batch} at a time", fill=INK, font=font, anchor="mt")
    for j, (name, colour) in enumerate(SERIES.values()):
        left = LEFT + j * 250
        pen.rectangle([left, SIZE[1] - 24, left + 12, SIZE[1] - 12], fill=colour)
        pen.text((left + 20, SIZE[1] - 18), name, fill=INK, font=font, anchor="lm")
    pen.text((LEFT, 16), f"seconds a picture, {content['gpu']}, {content['width']}x{content['height']} px", fill=INK, font=font)
    figure.save(path, optimize=True)


def _grid_step(highest: float) -> float:
    """Returns a round step for at most six grid lines."""
    step = 0.1
    while highest / step > 6:
        step *= 2 if round(step * 10) in (1, 10, 100) else 2.5 if round(step * 10) in (2, 20) else 2
    return step
