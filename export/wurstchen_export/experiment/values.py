"""Measures of pictures and models in an experiment."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np
from safetensors import safe_open

from wurstchen_export.train.engine.parts import part_file

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Weights of red, green and blue (ITU-R BT.709)."""
ROUNDS = 3


def pixel_statistics(pictures: np.ndarray) -> dict[str, float]:
    """Returns mean and standard deviation of pictures [N,3,H,W] in [0,1], and the energy at high frequencies."""
    return {
        "mean": float(pictures.mean(dtype=np.float64)),
        "std": float(pictures.std(dtype=np.float64)),
        "high_frequency": high_frequency(pictures),
    }


def high_frequency(pictures: np.ndarray) -> float:
    """Returns the share of the luminance's energy, without the mean, above half of the Nyquist frequency.

    0 for pictures without contrast.
    """
    height, width = pictures.shape[2:]
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    twice = np.where((columns > 0) & (columns < 0.5), 2.0, 1.0)  # the other half of the spectrum is its conjugate
    fine = np.maximum(np.abs(rows), columns) > 0.25
    energy = detail = 0.0
    for picture in pictures:
        spectrum = np.abs(np.fft.rfft2(np.tensordot(LUMINANCE, picture, 1).astype(np.float64))) ** 2 * twice
        spectrum[0, 0] = 0.0
        energy += spectrum.sum()
        detail += spectrum[fine].sum()
    return float(detail / energy) if energy > 1e-12 else 0.0


def kernel_distance(found: np.ndarray, expected: np.ndarray) -> float:
    """Returns the squared kernel distance of feature rows [N,features]: 0 for equal distributions, may be negative.

    The unbiased estimate with the kernel (x y / features + 1)^3 (Binkowski et al., 2018, "Demystifying MMD GANs"), on
    features that are scaled so that every one of `expected` has mean 0 and standard deviation 1.
    """
    mean, std = expected.mean(0, dtype=np.float64), expected.std(0, dtype=np.float64) + 1e-6
    x, y = (found - mean) / std, (expected - mean) / std
    kernel = lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3
    among = lambda k: (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1))
    return float(among(kernel(x, x)) + among(kernel(y, y)) - 2 * kernel(x, y).mean())


def parameters(folder: Path, parts: tuple[str, ...]) -> int:
    """Returns the number of parameters of each part, without buffers."""
    total = 0
    for part in parts:
        with safe_open(part_file(folder, part), "np") as stored:
            for name in stored.keys():
                if not name.endswith(("running_mean", "running_var", "num_batches_tracked")):
                    total += int(np.prod(stored.get_slice(name).get_shape()))
    return total


def seconds(arm, caption: str, count: int) -> float:
    """Returns the seconds per picture in batches of `count`; the median of several rounds after a warm-up."""
    times = []
    for _ in range(ROUNDS + 1):
        started = time.perf_counter()
        arm.pictures([caption] * count, seed=0)  # the copy to the CPU synchronizes the device
        times.append((time.perf_counter() - started) / count)
    return statistics.median(times[1:])


def operations(arm, caption: str) -> int:
    """Returns the floating-point operations of one picture as torch counts them: matrix products and convolutions."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        arm.pictures([caption], seed=0)
    return counter.get_total_flops()
