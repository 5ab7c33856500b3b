"""The paper's speed figure on one GPU: seconds for a batch of pictures of Stable Diffusion 2.1, SDXL, Stable Cascade and
Würstchen in diffusers, eager and compiled, and of this library, by batch size.

A run measures some models and adds them to a JSON file at once, so that it can be done in pieces.
"""

from __future__ import annotations

import datetime
import gc
import json
from pathlib import Path
from typing import Callable

import torch
from PIL import Image, ImageDraw, ImageFont

from wurstchen_export.errors import ExportError
from wurstchen_export.gpu import arithmetic, full_size, reference_times
from wurstchen_export.gpu.rivals import RIVALS

EAGER, COMPILED, OURS = "eager", "compiled", "ours"
SIZE = (840, 460)
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 50, 90
GRID, INK = (225, 225, 225), (60, 60, 60)
COLOURS = ((150, 150, 150), (90, 90, 90), (150, 190, 230), (40, 100, 180), (170, 215, 160), (60, 140, 60), (240, 190, 130), (200, 130, 40), (215, 60, 30))
BEGIN, END = "<!-- speed: made by gpu-speed-figure -->", "<!-- end of speed -->"


def main(
    models: list[str],
    out: Path,
    width: int,
    height: int,
    batches: list[int],
    compiled_batches: list[int],
    device: str = "cuda",
    sizes: str = "published",
    progress: Callable[[str], None] = print,
) -> None:
    """Measures the models one after the other, and writes ``out`` after each part and batch.

    Raises ExportError for an unknown model or device, and for a file of another GPU or size.
    """
    full_size.check_device(device)
    unknown = [name for name in models if name not in RIVALS]
    if unknown:
        raise ExportError(f"--models has {', '.join(unknown)}; known are {', '.join(RIVALS)}")
    machine = {
        "gpu": torch.cuda.get_device_name(device) if device.startswith("cuda") else device,
        "torch": torch.__version__,
        "width": width,
        "height": height,
        "sizes": sizes,
    }
    content = _begun(out, machine)
    for name in models:
        rival = RIVALS[name]
        entry = content["models"].setdefault(name, {"label": rival.label, "calls": rival.calls, "operations": {}, "milliseconds": {}})
        for part in rival.parts(sizes, width, height, device):
            if part.name not in entry["operations"]:
                entry["operations"][part.name] = arithmetic.operations(part.call, part.inputs(part.rows))
            for kind, measure, of in ((EAGER, reference_times.eager, batches), (COMPILED, reference_times.compiled, compiled_batches)):
                for batch in of:
                    time = measure(part, batch, device)
                    entry["milliseconds"].setdefault(kind, {}).setdefault(str(batch), {})[part.name] = round(time.milliseconds, 3)
                    progress(f"{name}, {part.name}, {batch} at a time, {kind}: {time.milliseconds:.2f} ms")
                    _write(out, content)
            del part
            gc.collect()
            if device.startswith("cuda"):
                torch.cuda.empty_cache()
        entry["tflop_per_picture"] = round(sum(entry["operations"][part] * n for part, n in rival.calls.items()) / 1e12, 2)
        _write(out, content)


def _begun(out: Path, machine: dict) -> dict:
    date = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    if not out.exists():
        return {"date": date, **machine, "models": {}}
    content = json.loads(out.read_text(encoding="utf-8"))
    differing = [name for name, value in machine.items() if content.get(name) != value]
    if differing:
        raise ExportError(
            f"{out} is of another {' and '.join(differing)}: expected {[machine[name] for name in differing]}, found"
            f" {[content.get(name) for name in differing]}; name another file"
        )
    return {**content, "date": date}


def _write(out: Path, content: dict) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def seconds(content: dict, benchmark: dict | None = None) -> dict[str, dict[str, float]]:
    """By label and batch: seconds for the whole batch, of what was measured completely.

    benchmark: what ``gpu-compare`` wrote on the same GPU, for this library's times.
    """
    found: dict[str, dict[str, float]] = {}
    for entry in content["models"].values():
        for kind, by_batch in entry["milliseconds"].items():
            for batch, parts in sorted(by_batch.items(), key=lambda item: int(item[0])):
                if set(parts) == set(entry["calls"]):
                    total = sum(parts[part] * calls for part, calls in entry["calls"].items()) / 1000
                    found.setdefault(f"{entry['label']}, {kind}", {})[batch] = round(total, 4)
    for batch, row in (benchmark or {"batch": {}})["batch"].items():
        if OURS in row["seconds_per_picture"]:
            found.setdefault("Würstchen v2, this library", {})[batch] = round(row["seconds_per_picture"][OURS] * int(batch), 4)
    return found


def figure(file: Path, benchmark: Path | None, page: Path, picture: Path) -> None:
    """Draws seconds a batch by batch size to ``picture``, and puts the table between the marks of ``page``.

    Raises ExportError if the page has no marks, or the benchmark is of another GPU or size.
    """
    content = json.loads(file.read_text(encoding="utf-8"))
    ours = json.loads(benchmark.read_text(encoding="utf-8")) if benchmark else None
    if ours:
        for name in ("gpu", "width", "height"):
            if ours[name] != content[name]:
                raise ExportError(f"{benchmark} is of another {name}: expected {content[name]}, found {ours[name]}")
    times = seconds(content, ours)
    if not times:
        raise ExportError(f"{file} has no model that was measured completely: run gpu-speed for one")
    draw(content, times, picture)
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ExportError(f"{page} must have a line '{BEGIN}' and, below it, a line '{END}'")
    head = f"{content['gpu']}, {content['date']}, {content['width']}x{content['height']} px, 16 bits, random weights; torch {content['torch']}."
    page.write_text(f"{before}{BEGIN}\n{head}\n\n{table(content, times)}\n{END}{after}", encoding="utf-8")


def table(content: dict, times: dict[str, dict[str, float]]) -> str:
    """Seconds of a batch, and the operations of a picture, as Markdown."""
    batches = sorted({batch for row in times.values() for batch in row}, key=int)
    operations = {entry["label"]: entry.get("tflop_per_picture") for entry in content["models"].values()}
    lines = [
        f"| seconds for a batch of | {' | '.join(batches)} | TFLOP a picture |",
        f"| --- |{' ---: |' * (len(batches) + 1)}",
    ]
    for label, row in times.items():
        cells = [f"{row[batch]:.2f}" if batch in row else "–" for batch in batches]
        tflop = operations.get(label.rpartition(", ")[0])
        lines.append(f"| {label} | {' | '.join(cells)} | {'–' if tflop is None else f'{tflop:g}'} |")
    return "\n".join(lines)


def draw(content: dict, times: dict[str, dict[str, float]], path: Path) -> None:
    """A line for each model, seconds of a batch over pictures of the batch."""
    image = Image.new("RGB", SIZE, "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(13)
    batches = sorted({int(batch) for row in times.values() for batch in row})
    highest = max(value for row in times.values() for value in row.values())
    width, height = SIZE[0] - LEFT - RIGHT, SIZE[1] - TOP - BOTTOM
    x = lambda batch: LEFT + width * batch / (batches[-1] * 1.05)
    y = lambda value: TOP + height * (1 - value / (highest * 1.05))
    for i in range(6):
        value = highest * i / 5
        pen.line([(LEFT, y(value)), (LEFT + width, y(value))], fill=GRID)
        pen.text((LEFT - 8, y(value)), f"{value:.3g}", fill=INK, font=font, anchor="rm")
    for batch in batches:
        pen.text((x(batch), TOP + height + 6), str(batch), fill=INK, font=font, anchor="mt")
    for i, (label, row) in enumerate(times.items()):
        colour = COLOURS[i % len(COLOURS)]
        points = [(x(int(batch)), y(value)) for batch, value in row.items()]
        if len(points) > 1:
            pen.line(points, fill=colour, width=3)
        for px, py in points:
            pen.ellipse([px - 4, py - 4, px + 4, py + 4], fill=colour)
        left, top = LEFT + i % 3 * 255, TOP + height + 28 + i // 3 * 18
        pen.rectangle([left, top, left + 12, top + 12], fill=colour)
        pen.text((left + 18, top + 6), label, fill=INK, font=font, anchor="lm")
    title = f"seconds for a batch, by pictures at a time, {content['gpu']}, {content['width']}x{content['height']} px"
    pen.text((LEFT, 16), title, fill=INK, font=font)
    image.save(path, optimize=True)
