"""A part of a model whose calls are timed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from torch import Tensor, nn


@dataclass(frozen=True)
class Part:
    """A guided step of Stage C or of Stage B, or Stage A: its model in 16 bits and what it is called with."""

    name: str
    model: nn.Module
    rows: int
    """Rows of one picture: 2 where guidance computes text and negative."""
    inputs: Callable[[int], tuple[Tensor, ...]]
    """From rows to the arguments of ``call``."""
    call: Callable[..., Tensor]
