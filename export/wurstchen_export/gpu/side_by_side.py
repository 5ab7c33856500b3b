"""The side-by-side benchmark: diffusers eager, diffusers compiled and the Java library on one GPU, as JSON.

The Java library's numbers come from files that its own programs wrote just before on the same GPU (``.ci/gpu-bench``,
part ``compare``): ``benchmark --json`` for each batch, and SizesInTurn for the start. The reference's picture is the sum
of its parts (60 steps of Stage C, 12 of Stage B, Stage A), without text encoders, noise and scheduler; the library's is
a whole request from call to result.
"""

from __future__ import annotations

import datetime
import gc
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import torch

from wurstchen_export.gpu import arithmetic, full_size, java_times, reference_memory, reference_times
from wurstchen_export.gpu.arithmetic import Request
from wurstchen_export.gpu.reference_times import Time
from wurstchen_export.model.tiny import Sizes

EAGER, COMPILED, OURS = "eager", "compiled", "ours"
PARTS = (java_times.STAGE_C_STEP, java_times.STAGE_B_STEP, java_times.STAGE_A)
MIB = 1 << 20


@dataclass(frozen=True)
class JavaFiles:
    """Output of the library's programs: ``benchmark --json`` by batch size, and SizesInTurn."""

    benchmarks: list[Path]
    starts: Path


def main(
    java: JavaFiles,
    out: Path,
    width: int,
    height: int,
    batches: list[int],
    compiled_batches: list[int],
    device: str = "cuda",
    sizes: Sizes = full_size.FULL,
    progress: Callable[[str], None] = print,
) -> None:
    """Measures the reference, adds the library's times, writes ``out`` and prints a table."""
    full_size.check_device(device)
    ours = java_times.read(java.benchmarks)
    requests = java_times.read_requests(java.benchmarks)
    starts = json.loads(java.starts.read_text(encoding="utf-8"))
    steps = Request(requests.stage_c_steps, requests.stage_b_steps)
    reference, operations = _measure(steps, width, height, batches, compiled_batches, device, sizes, progress)
    rate = arithmetic.product_rate(device)
    content = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "gpu": _name(device),
        "torch": torch.__version__,
        "engine": requests.engine,
        "width": width,
        "height": height,
        "stage_c_steps": requests.stage_c_steps,
        "stage_b_steps": requests.stage_b_steps,
        "product_tflops": round(rate / 1e12, 1),
        "tflop_per_picture": round(operations / 1e12, 2),
        "batch": {},
        "first_picture_s": _first_picture(reference, starts, batches[0]),
        "second_size_s": _second_size(starts),
    }
    memory = {batch: reference_memory.peak_bytes(width, height, batch, device, sizes) for batch in batches}
    for batch in batches:
        content["batch"][str(batch)] = _batch(steps, reference, ours, requests, memory, batch, operations / rate)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    progress(table(content))


def _measure(request: Request, width, height, batches, compiled_batches, device, sizes, progress):
    """Returns times by kind, part and batch size, and the operations of one picture."""
    found: dict[tuple[str, str, int], Time] = {}
    operations = 0
    with tempfile.TemporaryDirectory() as folder:
        source = full_size.random_source(Path(folder), sizes, device=device)
        for part in reference_times.parts(source, width, height, device):
            operations += request.calls(part.name) * arithmetic.operations(part.call, part.inputs(part.rows))
            for kind, measure, of in (
                (EAGER, reference_times.eager, batches),
                (COMPILED, reference_times.compiled, compiled_batches),
            ):
                for batch in of:
                    time = measure(part, batch, device)
                    found[kind, part.name, batch] = time
                    compiling = f" after compiling for {time.compile_seconds:.0f} s" if kind == COMPILED else ""
                    progress(f"{part.name}, {batch} at a time, {kind}: {time.milliseconds:.2f} ms{compiling}")
    gc.collect()
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    return found, operations


def _batch(steps, reference, ours, requests, memory, batch: int, floor_seconds: float) -> dict:
    row: dict = {}
    for part in PARTS:
        name = f"{part}_ms"
        row[name] = {
            kind: round(reference[kind, part, batch].milliseconds, 3)
            for kind in (EAGER, COMPILED)
            if (kind, part, batch) in reference
        }
        if (part, batch) in ours:
            row[name][OURS] = round(ours[part, batch], 3)
    row["seconds_per_picture"] = {
        kind: round(_seconds(reference, kind, batch, steps), 4)
        for kind in (EAGER, COMPILED)
        if all((kind, part, batch) in reference for part in PARTS)
    }
    row["peak_mib"] = {EAGER: round(memory[batch] / MIB)}
    if batch in requests.seconds_per_picture:  # batch sizes without a measurement of the library
        row["seconds_per_picture"][OURS] = round(requests.seconds_per_picture[batch], 4)
        row["peak_mib"][OURS] = round(requests.peak_bytes[batch] / MIB)
        row["floor_share"] = round(floor_seconds / requests.seconds_per_picture[batch], 3)
    return row


def _seconds(reference, kind: str, batch: int, request: Request) -> float:
    """Returns the sum of the parts per picture of the batch."""
    return sum(request.calls(part) * reference[kind, part, batch].milliseconds for part in PARTS) / 1000 / batch


def _first_picture(reference, starts: dict, batch: int) -> dict:
    compiling = [time.compile_seconds for (kind, _, of), time in reference.items() if kind == COMPILED and of == batch]
    found = {OURS: round(starts["startToFirstPictureSeconds"], 2)}
    return {COMPILED: round(sum(compiling), 1), **found} if compiling else found


def _second_size(starts: dict) -> dict:
    """Returns the additional time of the first picture of a new size."""
    second = starts["sizes"][1]
    return {OURS: round(second["firstSeconds"], 3), "ours_seen": round(second["laterSeconds"], 3)}


def _name(device: str) -> str:
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device


def table(content: dict) -> str:
    """Returns the benchmark as a Markdown table."""
    lines = ["| pictures at a time | | eager | compiled | ours | ours against compiled |", "| ---: | --- | ---: | ---: | ---: | ---: |"]
    for batch, row in content["batch"].items():
        for name in (*(f"{part}_ms" for part in PARTS), "seconds_per_picture", "peak_mib"):
            cells = [row[name].get(kind) for kind in (EAGER, COMPILED, OURS)]
            shown = ["–" if cell is None else f"{cell:g}" for cell in cells]
            ratio = f"{cells[1] / cells[2]:.2f} x" if cells[1] and cells[2] else "–"
            lines.append(f"| {batch} | {name} | {' | '.join(shown)} | {ratio} |")
    return "\n".join(lines)
