"""What a picture costs in arithmetic: the floating-point operations of the published sizes, and the rate of a GPU."""

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
        """How often a part is called for one picture."""
        return {java_times.STAGE_C_STEP: self.stage_c_steps, java_times.STAGE_B_STEP: self.stage_b_steps}.get(part, 1)


@torch.no_grad()
def operations(call: Callable, inputs: tuple[torch.Tensor, ...]) -> int:
    """Floating-point operations of a call: products, convolutions and attention, as torch counts them."""
    with FlopCounterMode(display=False) as counter:
        call(*inputs)
    return counter.get_total_flops()


def product_rate(device: str, side: int = PRODUCT_SIDE) -> float:
    """Operations a second of a large product in 16 bits, of random numbers."""
    left, right = (torch.randn(side, side, device=device, dtype=torch.float16) for _ in range(2))
    return 2 * side**3 / (milliseconds(lambda: left @ right, device) / 1000)
