"""Makes the same pictures with two bundles of one model and prints their distance.

For instance, to measure the loss from storing weights in fewer bits.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np

from wurstchen_export.bundle.runtime import Bundle, Picture, PictureRequest
from wurstchen_export.errors import ExportError


@dataclass(frozen=True)
class Distance:
    """The distance of two pictures in decibels; infinite when they are equal.

    latents: power of the first picture's latents over that of the difference. pixels: peak signal-to-noise ratio.
    """

    stage_c_latents: float
    stage_b_latents: float
    pixels: float

    @staticmethod
    def of(first: Picture, second: Picture) -> Distance:
        return Distance(
            _decibels(_power(first.stage_c_latents), _power(first.stage_c_latents - second.stage_c_latents)),
            _decibels(_power(first.stage_b_latents), _power(first.stage_b_latents - second.stage_b_latents)),
            _decibels(255**2, _power(first.levels().astype(float) - second.levels())),
        )

    def line(self, what: str) -> str:
        return f"{what:<44} {self.stage_c_latents:>15.1f} {self.stage_b_latents:>15.1f} {self.pixels:>11.1f}"


def main(
    first: Path, second: Path, prompts: list[str], threads: int = 0, progress: Callable[[str], None] = print
) -> None:
    """Prints a line for each prompt, picture i with seed i + 1, and their medians."""
    bundles = [Bundle(folder, threads) for folder in (first, second)]
    _require_the_same_sizes(*bundles)
    progress(f"{'dB':<44} {'Stage C latents':>15} {'Stage B latents':>15} {'pixels':>11}")
    found = []
    for seed, prompt in enumerate(prompts, start=1):
        request = request_of(bundles[0].manifest["defaults"], prompt, seed)
        found.append(Distance.of(*(bundle.generate(request) for bundle in bundles)))
        progress(found[-1].line(prompt if len(prompt) <= 44 else prompt[:41] + "..."))
    middle = (statistics.median(getattr(one, name) for one in found) for name in vars(found[0]))
    progress(Distance(*middle).line("median"))


def request_of(defaults: dict, prompt: str, seed: int) -> PictureRequest:
    """Returns a request with the bundle's defaults."""
    return PictureRequest(prompt, seed=seed, **defaults)


def _require_the_same_sizes(first: Bundle, second: Bundle) -> None:
    names = ("geometry", "scales", "defaults")
    differing = [name for name in names if first.manifest[name] != second.manifest[name]]
    if differing:
        raise ExportError(
            f"{first.folder} and {second.folder} differ in {' and '.join(differing)}: name two bundles of one model,"
            " exported with the same defaults"
        )


def _power(values: np.ndarray) -> float:
    return float(np.square(values.astype(np.float64)).mean())


def _decibels(signal: float, noise: float) -> float:
    return 10 * math.log10(signal / noise) if noise > 0 else math.inf
