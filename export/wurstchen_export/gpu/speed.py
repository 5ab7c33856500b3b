"""Times the reference on a GPU (diffusers, eager, 16 bits), beside what the Java library's benchmark measured there.

Random weights of the published sizes: the time of a step does not depend on their values.
"""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from pathlib import Path
from typing import Callable, Iterator

import torch
from torch import Tensor, nn

from wurstchen_export.gpu import full_size, java_times
from wurstchen_export.gpu.full_size import RandomSource
from wurstchen_export.model.source import Source
from wurstchen_export.model.tiny import Sizes

WARM_UP, MEASURED = 5, 20
RATIO = 0.5
"""The noise ratio of the timed steps; any other takes as long."""


def main(
    width: int,
    height: int,
    images: list[int],
    java: list[Path],
    device: str = "cuda",
    sizes: Sizes = full_size.FULL,
    progress: Callable[[str], None] = print,
) -> None:
    """Prints a table of milliseconds; java: files that ``benchmark --json`` wrote, for the ratios."""
    full_size.check_device(device)
    measured_by_java = java_times.read(java)
    progress(f"torch {torch.__version__}, {_name(device)}, {width}x{height} px, 16 bits, median of {MEASURED}; ms")
    progress(f"{'images':>6} {'part':<14} {'reference':>10} {'Java':>10} {'Java is faster by':>18}")
    with tempfile.TemporaryDirectory() as folder:
        source = RandomSource.create(Path(folder), sizes, device=device)
        for part, count, found in reference_times(source, width, height, images, device):
            progress(_line(part, count, found, measured_by_java.get((part, count))))


def _line(part: str, images: int, reference: float, java: float | None) -> str:
    if java is None:
        return f"{images:>6} {part:<14} {reference:>10.2f} {'-':>10} {'-':>18}"
    return f"{images:>6} {part:<14} {reference:>10.2f} {java:>10.2f} {f'{reference / java:.2f} x':>18}"


def _name(device: str) -> str:
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device


@torch.no_grad()
def reference_times(
    source: Source, width: int, height: int, images: list[int], device: str
) -> Iterator[tuple[str, int, float]]:
    """Part, pictures and milliseconds: a guided step of Stage C and of Stage B, and Stage A."""
    random = lambda *shape: torch.randn(shape, device=device, dtype=torch.float16)
    ratio = lambda rows: torch.full((rows,), RATIO, device=device, dtype=torch.float16)
    settings = source.pipeline_settings
    c = [math.ceil(side / settings["resolution_multiple"]) for side in (height, width)]
    b = [int(side * settings["latent_dim_scale"]) for side in c]
    semantic_channels = source.stage_c.config.c_in
    c_text, b_text = source.stage_c.config.c_cond, source.stage_b.config.clip_embd

    def stage_c(model: nn.Module, rows: int) -> Tensor:
        return model(random(rows, semantic_channels, *c), ratio(rows), random(rows, source.tokens, c_text))

    def stage_b(model: nn.Module, rows: int) -> Tensor:
        text = random(rows, source.tokens, b_text)
        return model(random(rows, model.config.c_in, *b), ratio(rows), random(rows, semantic_channels, *c), clip=text)

    def stage_a(model: nn.Module, rows: int) -> Tensor:
        return model.decode(random(rows, model.config.latent_channels, *b)).sample

    for part, model, call, rows in (
        (java_times.STAGE_C_STEP, source.stage_c, stage_c, 2),
        (java_times.STAGE_B_STEP, source.stage_b, stage_b, 2),
        (java_times.STAGE_A, source.stage_a, stage_a, 1),
    ):
        model = model.half()
        for count in images:
            yield part, count, milliseconds(lambda: call(model, rows * count), device)


def milliseconds(call: Callable[[], object], device: str) -> float:
    """Median time of a call, until the device has done all of it."""
    wait = torch.cuda.synchronize if device.startswith("cuda") else lambda: None
    found = []
    for _ in range(WARM_UP + MEASURED):
        wait()
        started = time.perf_counter()
        call()
        wait()
        found.append(1000 * (time.perf_counter() - started))
    return statistics.median(found[WARM_UP:])
