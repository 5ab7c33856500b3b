"""Times the reference in PyTorch, eager and with torch.compile, and the bundle in ONNX Runtime.

All run in turn in one process, on the same number of threads.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, Iterator

import torch
from torch._inductor.exc import InvalidCxxCompiler

from wurstchen_export.bundle.export import export
from wurstchen_export.bundle.manifest import Provenance
from wurstchen_export.bundle.runtime import Bundle, PictureRequest
from wurstchen_export.families.wuerstchen_v2 import reference
from wurstchen_export.errors import ExportError
from wurstchen_export.graphs import contract
from wurstchen_export.model import tiny
from wurstchen_export.model.source import Source

PARTS = ("text", "stage C", "stage B", "stage A")
EAGER, COMPILED, OURS = "eager", "torch.compile", "ONNX Runtime"
PART_OF_GRAPH = {
    contract.TEXT_ENCODER_C: "text",
    contract.TEXT_ENCODER_B: "text",
    contract.STAGE_C_CONDITION: "stage C",
    contract.STAGE_C_STEP: "stage C",
    contract.STAGE_B_CONDITION: "stage B",
    contract.STAGE_B_STEP: "stage B",
    contract.STAGE_A_DECODE: "stage A",
}


Times = dict[str, float]
"""Seconds of one picture by part, and of all of it under ``all``."""


def main(
    options, source: Source | None, progress: Callable[[str], None] = print, backend: str = "inductor"
) -> None:
    """Prints a table of seconds by part.

    options: bundle, threads, rounds, compile and the request's numbers, as the command line names them.
    backend: of torch.compile. Raises ExportError if torch.compile finds no C++ compiler.
    """
    with tempfile.TemporaryDirectory() as temporary:
        if source is None:
            tiny.write(Path(temporary) / "model", sizes=tiny.MINIATURE)
            source = Source.find(Path(temporary) / "model")
        folder = options.bundle
        if folder is None:
            folder = Path(temporary) / "bundle"
            export(source, folder, Provenance("speed", "", "", "", ""), progress=progress)
        measured = _measured(options, source, Bundle(folder, threads=options.threads), backend)
        _print(options, measured, progress)


def _measured(options, source: Source, bundle: Bundle, backend: str) -> dict[str, Times]:
    """Returns for each contestant the times of its fastest picture."""
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
    eager = [Timed(owner, method, part, getattr(owner, method)) for owner, method, part in calls_of(source)]
    runs = {EAGER: lambda: _timed_reference(combined, request, eager)}
    if options.compile:
        compiled = [call.compiled(backend) for call in eager]
        runs[COMPILED] = lambda: _timed_reference(combined, request, compiled)
    runs[OURS] = lambda: _timed_bundle(bundle, request)
    best: dict[str, Times] = {}
    for index in range(options.rounds + 1):  # the first round compiles and warms up
        for name, run in runs.items():
            times = run()
            if index > 0 and (name not in best or times["all"] < best[name]["all"]):
                best[name] = times
    return best


def _print(options, best: dict[str, Times], progress: Callable[[str], None]) -> None:
    progress(
        f"{options.width}x{options.height}, {options.stage_c_steps} + {options.stage_b_steps} steps,"
        f" {options.threads} threads, fastest of {options.rounds}; seconds, and how many times ours"
    )
    progress(f"{'':<10}" + "".join(f" {name:>14}" + ("" if name == OURS else " " * 7) for name in best))
    for part in (*PARTS, "all"):
        ours = best[OURS][part]
        cells = [
            f" {times[part]:>14.3f}" + ("" if name == OURS else f" ({times[part] / ours:4.2f})")
            for name, times in best.items()
        ]
        progress(f"{part:<10}" + "".join(cells))


def calls_of(source: Source) -> list[tuple[torch.nn.Module, str, str]]:
    """Returns the calls of the reference that are timed: the module, its method and the part of the table."""
    return [
        (source.text_encoder_c, "forward", "text"),
        (source.text_encoder_b, "forward", "text"),
        (source.stage_c, "forward", "stage C"),
        (source.stage_b, "forward", "stage B"),
        (source.stage_a, "decode", "stage A"),
    ]


@dataclass(frozen=True)
class Timed:
    """A method of a module, the part of the table that its time belongs to, and the function that computes it."""

    owner: torch.nn.Module
    method: str
    part: str
    function: Callable

    def compiled(self, backend: str) -> Timed:
        """Returns the same with the function compiled for the sizes of its first call."""
        return replace(self, function=torch.compile(self.function, backend=backend, dynamic=False))

    @contextlib.contextmanager
    def adding_to(self, times: Times) -> Iterator[None]:
        """Puts the function in the method's place, and adds up its time, while the context lasts."""

        def timed(*args, **kwargs):
            started = time.perf_counter()
            try:
                return self.function(*args, **kwargs)
            finally:
                times[self.part] += time.perf_counter() - started

        setattr(self.owner, self.method, timed)
        try:
            yield
        finally:
            delattr(self.owner, self.method)


def _timed_reference(combined, request: PictureRequest, calls: list[Timed]) -> Times:
    times: Times = defaultdict(float)
    with contextlib.ExitStack() as stack:
        for call in calls:
            stack.enter_context(call.adding_to(times))
        started = time.perf_counter()
        try:
            reference.generate(combined, request)
        except InvalidCxxCompiler as error:
            raise ExportError(
                "torch.compile found no C++ compiler: install g++, or leave torch.compile out with --no-compile"
            ) from error
        times["all"] = time.perf_counter() - started
    return times


def _timed_bundle(bundle: Bundle, request: PictureRequest) -> Times:
    times: Times = defaultdict(float)
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
