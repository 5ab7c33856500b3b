"""The floating-point operations of a picture at the published sizes, and the throughput of a GPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

from wurstchen_export.gpu import java_times
from wurstchen_export.gpu.reference_times import milliseconds

PRODUCT_SIDE = 8192
"""Of the square product that shows what a GPU's matrix units reach on random numbers."""


@dataclass(frozen=True)
class Request:
    """Steps of the measured picture: the reference's defaults, with guidance in both stages."""

    stage_c_steps: int = 60
    stage_b_steps: int = 12

    def calls(self, part: str) -> int:
        """Returns the number of calls of a part for one picture."""
        return {java_times.STAGE_C_STEP: self.stage_c_steps, java_times.STAGE_B_STEP: self.stage_b_steps}.get(part, 1)


@torch.no_grad()
def operations(call: Callable, inputs: tuple[torch.Tensor, ...]) -> int:
    """Returns the floating-point operations of a call as torch counts them: products, convolutions and attention."""
    with FlopCounterMode(display=False) as counter:
        call(*inputs)
    return counter.get_total_flops()


def product_rate(device: str, side: int = PRODUCT_SIDE) -> float:
    """Returns the operations per second of a large 16-bit product of random numbers."""
    left, right = (torch.randn(side, side, device=device, dtype=torch.float16) for _ in range(2))
    return 2 * side**3 / (milliseconds(lambda: left @ right, device) / 1000)
