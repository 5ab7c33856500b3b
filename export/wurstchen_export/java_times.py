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

    Raises ExportError for a file that is none.
    """
    found = {}
    for file in files:
        try:
            found |= _times(json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ExportError(
                f"{file} is no benchmark ({reason}): write it with `wurstchen benchmark --json`"
            ) from None
    return found


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
