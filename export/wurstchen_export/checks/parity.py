"""Compares a bundle with the reference: every graph at two batch sizes and two picture sizes, then whole runs.

Both sides compute in float32 on the CPU. For a bundle with weights in 16 or 8 bits, the reference's weights are rounded
the same way, so the comparison shows errors of the exporter only. Where a tolerance is exceeded, the reference runs in
float64 too: a trained model can have as large an error in float32 itself. The table then shows this error as "own" and
allows twice as much (for a picture's differing levels, plus the noise of their count).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Callable, Iterator

import numpy as np
import torch

from wurstchen_export.bundle.runtime import Bundle
from wurstchen_export.checks import exact
from wurstchen_export.errors import ExportError
from wurstchen_export.families import registry
from wurstchen_export.families.family import Case, Picture, PictureRequest
from wurstchen_export.graphs import contract
from wurstchen_export.model.source import Source

TOLERANCE = 2e-5
"""Largest allowed difference, as a share of the largest value. Correct exports of tiny models stay below 5e-6."""
OWN_ERRORS = 2
"""Largest allowed difference where the reference's own float32 error is larger, in units of that error: two programs
with errors of opposite sign differ by twice as much."""
COUNTING_NOISE = 3
"""Standard deviations of the number of differing levels (its square root, as of a Poisson distribution) allowed
above OWN_ERRORS times the reference's own: small numbers vary by chance."""
HALF_TOLERANCE = 1e-2
"""The same for graphs that compute in 16 bits, which have about 3 decimal digits at each operator."""
LEVEL_TOLERANCE, DIFFERENT_SHARE = 1, 5e-4
"""Largest allowed difference of a level (0 to 255), and largest share of levels that differ."""
HALF_LEVEL_MEAN = 1.0
"""Largest mean difference in levels of a whole run in 16 bits, where the errors of all steps add up."""


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    what: str
    output: str
    found: float
    allowed: float
    unit: str

    @property
    def passed(self) -> bool:
        return bool(self.found <= self.allowed)  # NaN fails

    def line(self) -> str:
        verdict = "ok" if self.passed else "FAILED"
        return f"{self.what:<44} {self.output:<20} {self.found:>10.2e} {self.allowed:>9.1e} {self.unit:<28} {verdict}"


def main(folder: Path, source: Source, progress: Callable[[str], None] = print) -> int:
    """Prints the table; returns 0 when everything is within tolerance, otherwise 1."""
    bundle = Bundle(folder)
    prepare(bundle, source)
    failed = total = 0
    progress(f"{'what':<44} {'output':<20} {'found':>10} {'allowed':>9} {'unit':<28} verdict")
    for result in itertools.chain(graph_results(bundle, source), run_results(bundle, source)):
        progress(result.line())
        total += 1
        failed += not result.passed
    progress(f"{total - failed} of {total} within tolerance" if failed else f"all {total} within tolerance")
    return 1 if failed else 0


def prepare(bundle: Bundle, source: Source) -> None:
    """Checks that the bundle can be an export of this model, and rounds the model's weights to the bundle's kind."""
    if bundle.manifest["family"] != source.family:
        raise ExportError(f"the bundle is of the family {bundle.manifest['family']}, the model of {source.family}")
    expected = {name: spec.as_json() for name, spec in bundle.family.graphs(source).items()}
    found = bundle.manifest["graphs"]
    if _has_pixels_alone(found):
        expected[contract.STAGE_A_DECODE]["outputs"] = found[contract.STAGE_A_DECODE]["outputs"]
    if found != expected:
        differing = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
        raise ExportError(
            f"the bundle's graphs do not fit this model ({', '.join(differing)} differ):"
            " is --source the model it was made from?"
        )
    source.round_weights(bundle.manifest["weights"])


def _has_pixels_alone(graphs: dict) -> bool:
    """Whether the bundle is from before Stage A gave levels."""
    outputs = graphs.get(contract.STAGE_A_DECODE, {}).get("outputs", [])
    return [output["name"] for output in outputs] == ["pixels"]


@torch.no_grad()
def graph_results(bundle: Bundle, source: Source, only: str | None = None) -> Iterator[Result]:
    """Yields the comparisons of every graph, or of one."""
    sides = _two_valid_sides(bundle.manifest["geometry"])
    for number, case in enumerate(bundle.family.cases(source, sides)):
        if only in (None, case.graph):
            yield from _graph_results(bundle, case, cache(partial(_exact_case, source, sides, number)))


@torch.no_grad()
def run_results(bundle: Bundle, source: Source) -> Iterator[Result]:
    """Yields the comparisons of whole runs."""
    generate = bundle.family.reference(source)
    for name, request in bundle.family.requests(_two_valid_sides(bundle.manifest["geometry"])).items():
        found, expected = bundle.generate(request), generate(request)
        exact_run = cache(partial(_exact_run, source, request))
        yield from _run_results(name, found, expected, exact_run, _computes_in_half(bundle))


def _exact_case(source: Source, sides: tuple[int, int], number: int) -> Case:
    """Computes the same case with the reference in float64."""
    with exact.float32_noise():
        return next(itertools.islice(registry.family(source.family).cases(exact.in_double(source), sides), number, None))


def _exact_run(source: Source, request: PictureRequest) -> Picture:
    """Computes the same run with the reference in float64."""
    with exact.float32_noise():
        return registry.family(source.family).reference(exact.in_double(source))(request)


def _computes_in_half(bundle: Bundle) -> bool:
    return bundle.manifest["precision"] == "fp16"


def _graph_results(bundle: Bundle, case: Case, exact_case: Callable[[], Case]) -> Iterator[Result]:
    inputs = [np.ascontiguousarray(tensor.numpy()) for tensor in case.inputs]
    outputs = bundle.run(case.graph, *inputs)
    names = [tensor["name"] for tensor in bundle.manifest["graphs"][case.graph]["outputs"]]
    half = _computes_in_half(bundle)
    for index, (name, found, expected) in enumerate(zip(names, outputs, case.expected[: len(names)], strict=True)):
        exact_output = lambda index=index: exact_case().expected[index].numpy()
        yield _compared(f"{case.graph} {case.what}", name, found, expected.numpy(), exact_output, half)


def _compared(
    what: str, output: str, found: np.ndarray, expected: np.ndarray, exact_output: Callable[[], np.ndarray], half: bool
) -> Result:
    """Compares with a fixed tolerance or, where it is exceeded, with the reference's own error in float32."""
    if expected.dtype == np.uint8:
        difference = relative_error(found, expected) * float(expected.max())
        return Result(what, output, difference, math.ceil(255 * HALF_TOLERANCE) if half else LEVEL_TOLERANCE, "levels")
    error, unit = relative_error(found, expected), "x largest value"
    if half:
        return Result(what, output, error, HALF_TOLERANCE, unit)
    if error <= TOLERANCE:
        return Result(what, output, error, TOLERANCE, unit)
    own = relative_error(expected, exact_output())
    return Result(what, output, error, max(TOLERANCE, OWN_ERRORS * own), f"{unit}, own {own:.1e}")


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    """Returns the largest difference over the largest expected value; infinite when the shapes differ."""
    if found.shape != expected.shape:
        return float("inf")
    scale = max(float(np.abs(expected).max()), 1e-12)
    return float(np.abs(found.astype(np.float64) - expected.astype(np.float64)).max()) / scale


def _run_results(
    name: str, found: Picture, expected: Picture, exact_run: Callable[[], Picture], half: bool
) -> Iterator[Result]:
    what = f"run: {name}"
    if not half:
        for part in ("stage_c_latents", "stage_b_latents"):
            exact_output = lambda part=part: getattr(exact_run(), part)
            yield _compared(what, part, getattr(found, part), getattr(expected, part), exact_output, half)
    difference = np.abs(found.levels().astype(int) - expected.levels().astype(int))
    if half:
        yield Result(what, "pixels", float(difference.mean()), HALF_LEVEL_MEAN, "levels on average")
        return
    yield Result(what, "pixels", float(difference.max()), LEVEL_TOLERANCE, "levels")
    share, unit = _share_different(found, expected), "share different"
    if share <= DIFFERENT_SHARE:
        yield Result(what, "pixels", share, DIFFERENT_SHARE, unit)
    else:
        own = _share_different(expected, exact_run())
        yield Result(what, "pixels", share, _share_allowed(own, difference.size), f"{unit}, own {own:.1e}")


def _share_allowed(own: float, values: int) -> float:
    """Returns the share of a picture's values that may differ, given the share `own` of those in which the
    reference's float32 and float64 differ."""
    count = OWN_ERRORS * own * values
    return max(DIFFERENT_SHARE, (count + COUNTING_NOISE * math.sqrt(count)) / values)


def _share_different(one: Picture, other: Picture) -> float:
    return float((one.levels() != other.levels()).mean())


def _two_valid_sides(geometry: dict) -> tuple[int, int]:
    """Returns the two shortest sides in pixels that the model's geometry reproduces exactly."""
    found = []
    for c_side in range(1, 65):
        b_side = int(geometry["latent_dim_scale"] * c_side)
        pixels = geometry["stage_a_factor"] * b_side
        exact = b_side >= geometry.get("stage_b_minimum", 1) and b_side % geometry["stage_b_multiple"] == 0
        if exact and int(np.ceil(pixels / geometry["resolution_multiple"])) == c_side:
            found.append(pixels)
        if len(found) == 2:
            return found[0], found[1]
    raise ExportError(
        f"no picture size fits this model's geometry {geometry}: check resolution_multiple and latent_dim_scale"
    )
