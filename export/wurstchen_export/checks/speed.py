"""Times the reference in PyTorch eager and the bundle in ONNX Runtime, in turn, in one process, on the same number of
threads."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Callable, Iterator

import torch

from wurstchen_export.bundle.export import export
from wurstchen_export.bundle.manifest import Provenance
from wurstchen_export.bundle.runtime import Bundle, PictureRequest
from wurstchen_export.checks import reference
from wurstchen_export.graphs import contract
from wurstchen_export.model import tiny
from wurstchen_export.model.source import Source

PARTS = ("text", "stage C", "stage B", "stage A")
PART_OF_GRAPH = {
    contract.TEXT_ENCODER_C: "text",
    contract.TEXT_ENCODER_B: "text",
    contract.STAGE_C_CONDITION: "stage C",
    contract.STAGE_C_STEP: "stage C",
    contract.STAGE_B_CONDITION: "stage B",
    contract.STAGE_B_STEP: "stage B",
    contract.STAGE_A_DECODE: "stage A",
}


def main(options, source: Source | None, progress: Callable[[str], None] = print) -> None:
    """options: bundle, threads, rounds and the request's numbers, as the command line names them."""
    with tempfile.TemporaryDirectory() as temporary:
        if source is None:
            tiny.write(Path(temporary) / "model", sizes=tiny.MINIATURE)
            source = Source.find(Path(temporary) / "model")
        folder = options.bundle
        if folder is None:
            folder = Path(temporary) / "bundle"
            export(source, folder, Provenance("speed", "", "", "", ""), progress=progress)
        _measure(options, source, Bundle(folder, threads=options.threads), progress)


def _measure(options, source: Source, bundle: Bundle, progress: Callable[[str], None]) -> None:
    torch.set_num_threads(options.threads)
    request = PictureRequest(
        "a photo of a cat on the grass",
        None,
        options.width,
        options.height,
        stage_c_steps=options.stage_c_steps,
        stage_c_guidance=options.stage_c_guidance,
        stage_b_steps=options.stage_b_steps,
        stage_b_guidance=options.stage_b_guidance,
    )
    combined = reference.pipeline(source)
    runs = {
        "PyTorch": lambda times: _timed_reference(source, combined, request, times),
        "ONNX Runtime": lambda times: _timed_bundle(bundle, request, times),
    }
    best: dict[str, dict[str, float]] = {}
    for index in range(options.rounds + 1):  # the first one warms up
        for name, run in runs.items():
            times = run(defaultdict(float))
            if index > 0 and times["all"] < best.get(name, {"all": float("inf")})["all"]:
                best[name] = times
    _print(options, best, progress)


def _print(options, best: dict[str, dict[str, float]], progress: Callable[[str], None]) -> None:
    progress(
        f"{options.width}x{options.height}, {options.stage_c_steps} + {options.stage_b_steps} steps,"
        f" {options.threads} threads, fastest of {options.rounds}; seconds"
    )
    progress(f"{'':<10} {'PyTorch eager':>14} {'ONNX Runtime':>14} {'ratio':>8}")
    for part in (*PARTS, "all"):
        eager, ours = (best[name][part] for name in ("PyTorch", "ONNX Runtime"))
        progress(f"{part:<10} {eager:>14.3f} {ours:>14.3f} {eager / ours:>8.2f}")


def _timed_reference(source: Source, combined, request: PictureRequest, times: dict[str, float]) -> dict[str, float]:
    modules = {
        "text": [source.text_encoder_c, source.text_encoder_b],
        "stage C": [source.stage_c],
        "stage B": [source.stage_b],
    }
    with contextlib.ExitStack() as stack:
        for part, members in modules.items():
            for module in members:
                stack.enter_context(_timing(module, "forward", part, times))
        stack.enter_context(_timing(source.stage_a, "decode", "stage A", times))
        started = time.perf_counter()
        reference.generate(combined, request)
        times["all"] = time.perf_counter() - started
    return times


@contextlib.contextmanager
def _timing(owner, method: str, part: str, times: dict[str, float]) -> Iterator[None]:
    """Adds up the time spent in one method while the context lasts."""
    original = getattr(owner, method)

    def timed(*args, **kwargs):
        started = time.perf_counter()
        try:
            return original(*args, **kwargs)
        finally:
            times[part] += time.perf_counter() - started

    setattr(owner, method, timed)
    try:
        yield
    finally:
        delattr(owner, method)


def _timed_bundle(bundle: Bundle, request: PictureRequest, times: dict[str, float]) -> dict[str, float]:
    run = bundle.run

    def timed(graph: str, *inputs):
        started = time.perf_counter()
        try:
            return run(graph, *inputs)
        finally:
            times[PART_OF_GRAPH[graph]] += time.perf_counter() - started

    bundle.run = timed
    try:
        started = time.perf_counter()
        bundle.generate(request)
        times["all"] = time.perf_counter() - started
    finally:
        del bundle.run
    return times
