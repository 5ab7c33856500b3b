"""Stage B's condition graph; its steps are StageStep of stage_c.py."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from wurstchen_export.families.stable_cascade import conditioning as conditions
from wurstchen_export.families.stable_cascade.layout import SEMANTIC_MAP, Layout
from wurstchen_export.families.stable_cascade.network import semantic_rows
from wurstchen_export.families.stable_cascade.plan import Plan
from wurstchen_export.families.stable_cascade.sizes import Resize, Side
from wurstchen_export.families.stable_cascade.stage_c import ConditionKeysValues
from wurstchen_export.graphs import step as denoising
from wurstchen_export.graphs.layers import Dense, layer_norm, to_tokens
from wurstchen_export.graphs.shapes import KEEP, counted, ones_like_axis, reshape


class MapMapper(nn.Module):
    """Two 1x1 convolutions with GELU between, and a layer norm."""

    def __init__(self, layers: nn.Sequential):
        super().__init__()
        self.first, self.second = Dense.of(layers[0]), Dense.of(layers[2])

    def forward(self, x: Tensor) -> Tensor:
        """x: tokens, [rows, height, width, channels]."""
        return layer_norm(self.second(F.gelu(self.first(x))))


class StageBCondition(nn.Module):
    """What stays the same during a run: the pooled text's keys and values, and the whole map of the Stage C latents."""

    def __init__(self, model: nn.Module, layout: Layout):
        super().__init__()
        self.plan, self.layout, self.patch_size = Plan(model), layout, model.config.patch_size
        self.pooled = Dense.of(model.clip_txt_pooled_mapper)
        self.keys_values = ConditionKeysValues(self.plan)
        self.mapper = MapMapper(model.effnet_mapper)
        self.clip_seq, self.width = model.config.clip_seq, model.config.conditioning_dim
        self.register_buffer("pixels", _pixels_of_zero(model))

    def forward(self, pooled: Tensor, stage_c_latents: Tensor, latents: Tensor):
        """Shapes: see contract.py. Of the Stage B latents only the shape is used."""
        dtype = self.pooled.weight.dtype
        tokens = reshape(self.pooled(pooled.to(dtype)), KEEP, self.clip_seq, self.width)
        found = self.keys_values(tokens)
        indexes = denoising.row_indexes(latents, tokens)
        found |= dict(zip(("image_of_row", "text_row", "negative_row"), indexes, strict=True))
        found[SEMANTIC_MAP] = self._map(stage_c_latents, latents, tokens, indexes[0])
        ones = conditions.ones_of_tokens(tokens)
        found |= conditions.of_sizes(self.layout, self.plan, latents, ones, self.patch_size)
        return conditions.ordered(self.layout, found)

    def _map(self, stage_c_latents: Tensor, latents: Tensor, tokens: Tensor, image_of_row: Tensor) -> Tensor:
        """What is added to the embedded latents, float32 [rows, height, width, channels]."""
        row = counted(ones_like_axis(tokens[:, 0, 0]))
        images = ones_like_axis(stage_c_latents[:, 0, 0, 0]).sum()
        x = to_tokens(semantic_rows(stage_c_latents, row, images, image_of_row))
        resize = Resize.between(Side.of_map(stage_c_latents), Side.of(latents, self.patch_size))
        height, width = (side // self.patch_size for side in latents.shape[2:])
        x = resize.of(x, height, width).to(self.pooled.weight.dtype)
        return (self.mapper(x) + self.pixels).float()


def _pixels_of_zero(model: nn.Module) -> Tensor:
    """What the mapper of pixels gives for zeros, which is all that it is ever given: the same for each cell, [channels]."""
    channels = model.config.block_out_channels[0]
    if not hasattr(model, "pixels_mapper"):
        return model.embedding[1].weight.new_zeros(channels)
    weight = model.pixels_mapper[0].weight
    return model.pixels_mapper(weight.new_zeros(1, weight.shape[1], 1, 1)).detach().flatten()
