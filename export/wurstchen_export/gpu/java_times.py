"""Reads the files that the Java library's command line writes with ``benchmark --json``."""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path

from wurstchen_export.errors import ExportError

STAGE_C_STEP, STAGE_B_STEP, STAGE_A = "stage_c_step", "stage_b_step", "stage_a"


def read(files: list[Path]) -> dict[tuple[str, int], float]:
    """By part and pictures of a batch: milliseconds of one step, or of Stage A for the batch; the median of the later
    requests. A step's share of what happens once before and after all steps is counted.

    Raises ExportError for a file that is none, and for one whose steps are not comparable: without guidance they compute
    half as much.
    """
    found = {}
    for file in files:
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            _check_guidance(file, content["request"])
            found |= _times(content)
        except (ValueError, KeyError, TypeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ExportError(
                f"{file} is no benchmark ({reason}): write it with `wurstchen benchmark --json`"
            ) from None
    return found


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
