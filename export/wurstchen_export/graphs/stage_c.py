"""Stage C's two graphs, from the reference's WuerstchenPrior."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wurstchen_export.graphs import fused
from wurstchen_export.graphs import step as denoising
from wurstchen_export.graphs.layers import (
    Attention,
    Dense,
    Depthwise,
    ResponseNormDense,
    TextBesideMap,
    TextKeysValues,
    TimestepEmbedding,
    for_gpus,
    layer_norm,
    modulate,
    taken_apart,
    to_maps,
    to_tokens,
)
from wurstchen_export.graphs.shapes import map_shape_of
from wurstchen_export.model.plan import blocks_of


class StageCCondition(nn.Module):
    """What the text contributes to every step: keys and values of each attention block."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.first = Dense.of(model.cond_mapper[0])
        self.slope = model.cond_mapper[1].negative_slope
        self.second = Dense.of(model.cond_mapper[2])
        self.blocks = nn.ModuleList(TextKeysValues(block) for block in blocks_of(model, "AttnBlock"))

    def forward(self, hidden_states: Tensor, latents: Tensor):
        """Shapes: see contract.py. Of the latents only the shape is used."""
        x = hidden_states.to(self.first.weight.dtype)
        x = F.silu(self.second(F.leaky_relu(self.first(x), self.slope)))
        keys_values = torch.stack([block(x) for block in self.blocks]).float()
        indexes = denoising.row_indexes(latents, hidden_states)
        return (keys_values, *indexes, map_shape_of(latents, 1))


class ResidualBlock(nn.Module):
    """ConvNeXt block with global response norm, without skip."""

    def __init__(self, block: nn.Module):
        super().__init__()
        self.depthwise = Depthwise(block.depthwise)
        self.widen = Dense.of(block.channelwise[0])
        self.narrow = ResponseNormDense(block.channelwise[2], block.channelwise[4])

    def forward(self, x: Tensor) -> Tensor:
        return x + self.narrow(F.gelu(self.widen(layer_norm(self.depthwise(x)))))


class StageCStep(nn.Module):
    """One step of Stage C: noise prediction for all rows, guidance, update."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.projection = Dense.of(model.projection)
        self.timesteps = TimestepEmbedding(model.c_r, blocks_of(model, "TimestepBlock"))
        self.residuals = nn.ModuleList(ResidualBlock(block) for block in blocks_of(model, "ResBlock"))
        self.attentions = nn.ModuleList(Attention(block) for block in blocks_of(model, "AttnBlock"))
        self.out = Dense.of(model.out[1])

    def forward(self, latents, step, bad_step, step_table, noise_table, guidance_scale, *conditioning):
        """conditioning: the outputs of StageCCondition. Returns next_latents, next_step and next_bad_step."""
        text_keys_values, image_of_row, text_row, negative_row, map_shape = conditioning
        row = denoising.table_row(step_table, step)
        x = latents.index_select(0, image_of_row)
        predicted = self.noise(x, row[0], text_keys_values, map_shape)
        return denoising.finish(
            latents, predicted, row, noise_table, step, bad_step, guidance_scale, text_row, negative_row
        )

    def noise(self, latents: Tensor, noise_ratio: Tensor, text_keys_values: Tensor, map_shape: Tensor) -> Tensor:
        """The reference's forward: latents [rows, channels, c_height, c_width] to the noise in them, float32."""
        x = self.projection(to_tokens(latents).to(self.out.weight.dtype))
        if for_gpus(x):
            out = to_maps(self.out(self._fused(x, noise_ratio, text_keys_values, map_shape)).float())
            a, b = out[:, : latents.shape[1]], out[:, latents.shape[1] :]
            return (latents - a) / ((1 - b).abs() + 1e-5)
        positions = TextBesideMap.positions_of(latents.permute(0, 2, 3, 1), text_keys_values.shape[4])
        for index, scale_offset in enumerate(self.timesteps(noise_ratio)):
            x = modulate(self.residuals[index](x), scale_offset)
            x = self.attentions[index](x, TextBesideMap(text_keys_values[index], positions), map_shape)
        out = self.out(layer_norm(x))
        a, b = (to_maps(part).float() for part in taken_apart(out, [latents.shape[1]] * 2))
        return (latents - a) / ((1 - b).abs() + 1e-5)

    def _fused(self, x: Tensor, noise_ratio: Tensor, text_keys_values: Tensor, map_shape: Tensor) -> Tensor:
        """Runs all blocks and the last layer norm with the library's operators; x: [rows, height, width, channels]."""
        biases = [block.narrow.bias for block in self.residuals]
        state = fused.Pending(x)
        for index, modulation in enumerate(fused.modulations(self.timesteps, noise_ratio, biases)):
            block = self.residuals[index]
            state = fused.residual(state, block.depthwise, block.widen.weight, block.widen.bias, block.narrow)
            state = fused.attention(
                state.modulated(modulation), self.attentions[index], text_keys_values, index, map_shape
            )
        return state.normed()[1]
