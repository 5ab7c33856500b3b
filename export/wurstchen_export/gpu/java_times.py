"""Reads the files that the Java library's command line writes with ``benchmark --json``."""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import dataclass
from pathlib import Path

from wurstchen_export.errors import ExportError

STAGE_C_STEP, STAGE_B_STEP, STAGE_A = "stage_c_step", "stage_b_step", "stage_a"


@dataclass(frozen=True)
class Requests:
    """Times of whole requests by batch size."""

    engine: str
    stage_c_steps: int
    stage_b_steps: int
    seconds_per_picture: dict[int, float]
    peak_bytes: dict[int, int]


def read_requests(files: list[Path]) -> Requests:
    """Medians of the later requests. Raises ExportError for a file that is no benchmark, or if the files differ in
    steps."""
    contents = [_read(file) for file in files]
    steps = {(content["request"]["stageCSteps"], content["request"]["stageBSteps"]) for content in contents}
    if len(steps) != 1:
        raise ExportError(f"the benchmarks have different steps: {sorted(steps)}; measure all with the same")
    (stage_c_steps, stage_b_steps) = steps.pop()
    seconds, peaks = {}, {}
    for content in contents:
        batch = content["request"]["batchSize"]
        together = statistics.median(sample["together"] for sample in content["laterMillis"])
        seconds[batch] = together / 1000 / content["request"]["images"]
        peaks[batch] = content["peakDeviceBytes"] or 0
    return Requests(contents[0]["engine"], stage_c_steps, stage_b_steps, seconds, peaks)


def read(files: list[Path]) -> dict[tuple[str, int], float]:
    """Returns by part and batch size the milliseconds of one step, or of Stage A for the batch: the median of the later
    requests. A step includes its share of the work before and after all steps.

    Raises ExportError for a file that is no benchmark, and for one without guidance, whose steps compute half as much.
    """
    found = {}
    for file in files:
        found |= _times(_read(file))
    return found


def _read(file: Path) -> dict:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        _check_guidance(file, content["request"])
        _times(content)
        return content
    except (ValueError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ExportError(f"{file} is no benchmark ({reason}): write it with `wurstchen benchmark --json`") from None


def _check_guidance(file: Path, request: dict) -> None:
    for stage, scale in (("c", request["stageCGuidance"]), ("b", request["stageBGuidance"])):
        if scale <= 1:
            raise ExportError(
                f"{file} was measured with --stage-{stage}-guidance {scale}, which is off, and the reference's steps are"
                f" timed with guidance: measure with --stage-{stage}-guidance 2"
            )


def _times(content: dict) -> dict[tuple[str, int], float]:
    request = content["request"]
    batch = request["batchSize"]
    batches = math.ceil(request["images"] / batch)
    median = lambda stage: statistics.median(sample[stage] for sample in content["laterMillis"]) / batches
    return {
        (STAGE_C_STEP, batch): median("Stage C") / request["stageCSteps"],
        (STAGE_B_STEP, batch): median("Stage B") / request["stageBSteps"],
        (STAGE_A, batch): median("Stage A"),
    }
