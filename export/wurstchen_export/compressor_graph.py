"""The semantic compressor as a graph: pixels to semantic latents."""

from __future__ import annotations

import copy

from torch import Tensor, nn


class CompressorGraph(nn.Module):
    """Casts around the model's own forward, so that the interface is float32 whatever the precision."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = copy.deepcopy(model)

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels: float32 [images, 3, height, width] in [0,1]. Returns float32 [images, 16, c_height, c_width]."""
        dtype = next(self.model.parameters()).dtype
        return self.model(pixels.to(dtype)).float()
