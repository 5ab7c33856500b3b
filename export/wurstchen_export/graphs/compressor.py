"""The semantic compressor as a graph: pixels to semantic latents."""

from __future__ import annotations

import copy

from torch import Tensor, nn


class CompressorGraph(nn.Module):
    """The model's own layers, with its last normalisation written out: as an operator it would be merged into the
    convolution before it, and the bundle would hold neither. The interface is float32 whatever the precision.
    """

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = copy.deepcopy(model)

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels: float32 [images, 3, height, width] in [0,1]. Returns float32 [images, 16, c_height, c_width]."""
        normalise, config = self.model.normalise, self.model.config
        x = self.model.layers(pixels.to(normalise.running_mean.dtype) * 2 - 1)
        deviation = (normalise.running_var + normalise.eps).sqrt()[:, None, None]
        x = (x - normalise.running_mean[:, None, None]) / deviation
        return x.float() * config["latent_mean"] - config["latent_std"]
