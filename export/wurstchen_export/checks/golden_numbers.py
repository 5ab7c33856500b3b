"""Float32 numbers as JSON."""

from __future__ import annotations

import numpy as np


def floats(values) -> list[float]:
    """Returns a flat list of float32 values, each with the fewest digits that parse to it."""
    return [float(str(value)) for value in np.asarray(values, dtype=np.float32).ravel()]


def tensor(values) -> dict:
    """Returns shape and values of an array."""
    array = np.asarray(values, dtype=np.float32)
    return {"shape": list(array.shape), "values": floats(array)}
