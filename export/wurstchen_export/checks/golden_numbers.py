"""Float32 numbers as JSON."""

from __future__ import annotations

import numpy as np


def floats(values) -> list[float]:
    """Flat list of float32 values, each with as few digits as bring it back."""
    return [float(str(value)) for value in np.asarray(values, dtype=np.float32).ravel()]


def tensor(values) -> dict:
    """Shape and values of an array."""
    array = np.asarray(values, dtype=np.float32)
    return {"shape": list(array.shape), "values": floats(array)}
