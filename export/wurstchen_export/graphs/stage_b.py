"""Stage B's two graphs, from the reference's WuerstchenDiffNeXt."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wurstchen_export.graphs import fused
from wurstchen_export.graphs import step as denoising
from wurstchen_export.graphs.layers import (
    LAYER_NORM_EPSILON,
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
    side_by_side,
    to_maps,
    to_tokens,
    unshuffled,
)
from wurstchen_export.graphs.resize import bicubic
from wurstchen_export.graphs.shapes import KEEP, REST, counted, map_shape_of, ones_like_axis, reshape, to_map
from wurstchen_export.model.plan import Plan

PREDICTION_EPSILON = 1e-3
"""Keeps the prediction's divisor in (0.001, 0.999): default of WuerstchenDiffNeXt.forward."""


class StageBCondition(nn.Module):
    """What stays the same during a run: the text's keys and values, and the semantic latents resized to each level."""

    def __init__(self, model: nn.Module, patch_size: int, latent_mean: float, latent_std: float):
        """latent_mean, latent_std: multiplier and offset from denoised Stage C latents to semantic latents."""
        super().__init__()
        plan = Plan(model)
        self.mapper = Dense.of(model.clip_mapper)
        self.norm = model.seq_norm
        self.keys_values = nn.ModuleList(
            nn.ModuleList(TextKeysValues(block) for block in plan.blocks("AttnBlock", level))
            for level in plan.attending
        )
        self.reductions = [patch_size * 2**level for level in range(plan.levels)]
        self.injecting = plan.injecting
        self.latent_mean = latent_mean
        self.latent_std = latent_std

    def forward(self, hidden_states: Tensor, stage_c_latents: Tensor, latents: Tensor):
        """Shapes: see contract.py. Of the Stage B latents only the shape is used."""
        text = F.silu(self.norm(self.mapper(hidden_states.to(self.mapper.weight.dtype))))
        keys_values = [torch.stack([block(text) for block in level]).float() for level in self.keys_values]
        indexes = denoising.row_indexes(latents, hidden_states)
        semantic = self._semantic_rows(stage_c_latents, hidden_states, indexes[0])
        maps = [self._resized(semantic, latents[0, 0], self.reductions[level]) for level in self.injecting]
        map_shapes = [map_shape_of(latents, reduction) for reduction in self.reductions]
        return (*keys_values, *maps, *indexes, *map_shapes)

    def _semantic_rows(self, stage_c_latents: Tensor, hidden_states: Tensor, image_of_row: Tensor) -> Tensor:
        """Semantic latents of the text rows; the negative rows see zeros."""
        semantic = (stage_c_latents * self.latent_mean - self.latent_std).index_select(0, image_of_row)
        row, images = counted(ones_like_axis(hidden_states[:, 0, 0])), ones_like_axis(stage_c_latents[:, 0, 0, 0]).sum()
        return torch.where((row < images)[:, None, None, None], semantic, 0.0)

    def _resized(self, semantic: Tensor, latents: Tensor, reduction: int) -> Tensor:
        """The semantic latents at the size of latents [height, width], ``reduction`` times smaller."""
        return bicubic(semantic, ones_like_axis(latents[::reduction, 0]), ones_like_axis(latents[0, ::reduction]))


class ResidualBlock(nn.Module):
    """ConvNeXt block with global response norm that takes in a skip connection and the semantic map.

    The reference maps the semantic latents to c_cond channels and concatenates those; both layers are linear, so the
    mapper is folded into the channelwise layer, which then takes the few channels of the semantic latents themselves.
    """

    def __init__(self, block: nn.Module, mapper: nn.Module | None, keep_apart: bool):
        """keep_apart: keep the folded columns as a tensor of their own (they do not survive rounding to 16 bits)."""
        super().__init__()
        self.depthwise = Depthwise(block.depthwise)
        self.narrow = ResponseNormDense(block.channelwise[2], block.channelwise[4])
        self.injects = mapper is not None
        self.epsilon = LAYER_NORM_EPSILON
        linear = block.channelwise[0]
        if mapper is None:
            own, folded, bias = linear.weight.detach(), None, linear.bias.detach()
        else:
            own, folded, bias = _folded(linear, mapper)
        if folded is not None and not keep_apart:
            own, folded = torch.cat([own, folded], dim=1), None
        self.register_buffer("weight", own.t().contiguous())
        self.register_buffer("map_weight", None if folded is None else folded.t().contiguous())
        self.register_buffer("bias", bias)

    def forward(self, x: Tensor, skip: Tensor | None, semantic_map: Tensor | None) -> Tensor:
        weight = self._whole_weight()
        parts = [layer_norm(self.depthwise(x), self.epsilon), *self._joined(skip, semantic_map)]
        wide = torch.matmul(side_by_side(*parts) if len(parts) > 1 else parts[0], weight)
        return x + self.narrow(F.gelu(wide + self.bias))

    def fused(self, state: fused.Pending, skip: Tensor | None, semantic_map: Tensor | None) -> fused.Pending:
        """Runs the block with the library's operators."""
        joined = self._joined(skip, semantic_map)
        return fused.residual(state, self.depthwise, self._whole_weight(), self.bias, self.narrow, joined)

    def _joined(self, skip: Tensor | None, semantic_map: Tensor | None) -> list[Tensor]:
        return [part for part in (skip, semantic_map if self.injects else None) if part is not None]

    def _whole_weight(self) -> Tensor:
        return self.weight if self.map_weight is None else torch.cat([self.weight, self.map_weight])


def _folded(linear: nn.Linear, mapper: nn.Conv2d) -> tuple[Tensor, Tensor, Tensor]:
    """The layer's own columns, its columns for the unmapped semantic map, and the bias, computed in float64."""
    channels = mapper.out_channels
    own, mapped = linear.weight.detach().split([linear.in_features - channels, channels], dim=1)
    weight = mapped.double() @ mapper.weight.detach().double().flatten(1)
    bias = linear.bias.detach().double() + mapped.double() @ mapper.bias.detach().double()
    dtype = linear.weight.dtype
    return own, weight.to(dtype), bias.to(dtype)


class Downscale(nn.Module):
    """Layer norm and a 2x2 convolution of stride 2, as one product over the four cells."""

    def __init__(self, block: nn.Sequential):
        super().__init__()
        self.dense = Dense(block[1].weight.permute(0, 2, 3, 1), block[1].bias)

    def forward(self, x: Tensor, map_shape: Tensor) -> Tensor:
        return self.rescaled(layer_norm(x), map_shape)

    def rescaled(self, x: Tensor, map_shape: Tensor) -> Tensor:
        """x: normed, [rows, height, width, channels]; map_shape: of the result."""
        channels = x.shape[3]
        height, width = x.shape[1] // 2, x.shape[2] // 2
        x = to_map(x, map_shape, height, width, 4 * channels)  # four cells, but not yet of one square
        x = reshape(x, KEEP, KEEP, 2, REST, 2 * channels, rest=width).permute(0, 1, 3, 2, 4)
        return self.dense(reshape(x, KEEP, KEEP, KEEP, 4 * channels))


class Upscale(nn.Module):
    """Layer norm and a 2x2 transposed convolution of stride 2, as one product that writes four cells."""

    def __init__(self, block: nn.Sequential):
        super().__init__()
        weight, bias = block[1].weight, block[1].bias
        self.channels = weight.shape[1]
        self.dense = Dense(weight.permute(2, 3, 1, 0).flatten(0, 2), bias.repeat(4))

    def forward(self, x: Tensor, map_shape: Tensor) -> Tensor:
        return self.rescaled(layer_norm(x), map_shape)

    def rescaled(self, x: Tensor, map_shape: Tensor) -> Tensor:
        """x: normed, [rows, height, width, channels]; map_shape: of the result."""
        height, width = x.shape[1:3]
        x = reshape(self.dense(x), KEEP, KEEP, KEEP, 2, 2 * self.channels).permute(0, 1, 3, 2, 4)
        return to_map(x, map_shape, 2 * height, 2 * width, self.channels)


@dataclass(frozen=True)
class Context:
    """What the prediction sees besides the latents: by level keys and values of the text, semantic maps as tokens, and
    the shapes of the maps."""

    keys_values: dict[int, Tensor]
    maps: dict[int, Tensor]
    map_shapes: Sequence[Tensor]


class StageBStep(nn.Module):
    """One step of Stage B: noise prediction for all rows, guidance, update."""

    def __init__(self, model: nn.Module, patch_size: int, keep_apart: bool = False):
        super().__init__()
        self.plan = _Program(Plan(model), keep_apart)
        self.patch_size = patch_size
        self.embedding = Dense.of(model.embedding[1])
        self.out = Dense.of(model.clf[1])

    @property
    def attending(self) -> list[int]:
        return self.plan.attending

    def forward(self, latents, step, bad_step, step_table, noise_table, guidance_scale, *conditioning):
        """conditioning: the outputs of StageBCondition. Returns next_latents, next_step and next_bad_step."""
        dtype = self.out.weight.dtype
        *tensors, image_of_row, text_row, negative_row = conditioning[: -self.plan.levels]
        count = len(self.plan.attending)
        context = Context(
            keys_values=dict(zip(self.plan.attending, tensors[:count])),
            maps={level: to_tokens(x.to(dtype)) for level, x in zip(self.plan.injecting, tensors[count:])},
            map_shapes=conditioning[-self.plan.levels :],
        )
        row = denoising.table_row(step_table, step)
        predicted = self.noise(latents.index_select(0, image_of_row), row[0], context)
        return denoising.finish(
            latents, predicted, row, noise_table, step, bad_step, guidance_scale, text_row, negative_row
        )

    def noise(self, latents: Tensor, noise_ratio: Tensor, context: Context) -> Tensor:
        """The reference's forward: latents [rows, channels, b_height, b_width] to the noise in them, float32."""
        x = unshuffled(latents.to(self.out.weight.dtype), context.map_shapes[0], self.patch_size)
        run = self.plan.run_fused if for_gpus(x) else self.plan.run
        x = run(layer_norm(self.embedding(x)), noise_ratio, context)
        x = F.pixel_shuffle(to_maps(self.out(x).float()), self.patch_size)
        channels = latents.shape[1]
        a, b = x[:, :channels], x[:, channels:]
        b = b.sigmoid() * (1 - PREDICTION_EPSILON * 2) + PREDICTION_EPSILON
        return (latents - a) / b


class _Program(nn.Module):
    """The U of Stage B as a list of small steps."""

    def __init__(self, plan: Plan, keep_apart: bool):
        super().__init__()
        self.attending = plan.attending
        self.injecting = plan.injecting
        self.levels = plan.levels
        self.timesteps = TimestepEmbedding(_timestep_width(plan), plan.blocks("TimestepBlock"))
        self.down = nn.ModuleList(_level(blocks, plan.down_mappers[level], keep_apart) for level, blocks in plan.down)
        self.up = nn.ModuleList(_level(blocks, plan.up_mappers[level], keep_apart) for level, blocks in plan.up)

    def run(self, x: Tensor, noise_ratio: Tensor, context: Context) -> Tensor:
        """Runs all levels on the embedded latents; returns the layer norm of the result."""
        modulations = iter(self.timesteps(noise_ratio))
        texts = {level: iter(tensor.unbind(0)) for level, tensor in context.keys_values.items()}
        skips, positions = [], {}
        for level, blocks in enumerate(self.down):
            x = self._run_level(blocks, x, None, level, modulations, texts, context, positions)
            skips.append(x)
        for index, blocks in enumerate(self.up):
            level = self.levels - 1 - index
            skip = None if index == 0 else skips[level]
            x = self._run_level(blocks, x, skip, level, modulations, texts, context, positions)
        return layer_norm(x)

    def _run_level(self, blocks, x, skip, level, modulations, texts, context, positions):
        for position, block in enumerate(blocks):
            if isinstance(block, ResidualBlock):
                x = block(x, skip if position == 0 else None, context.maps.get(level))
            elif isinstance(block, Attention):
                keys_values = next(texts[level])
                if level not in positions:
                    positions[level] = TextBesideMap.positions_of(x, keys_values.shape[3])
                x = block(x, TextBesideMap(keys_values, positions[level]), context.map_shapes[level])
            elif isinstance(block, _Modulation):
                x = modulate(x, next(modulations))
            else:
                # A level begins with the way down to it and ends with the way up from it.
                x = block(x, context.map_shapes[level - 1 if isinstance(block, Upscale) else level])
        return x


    def run_fused(self, x: Tensor, noise_ratio: Tensor, context: Context) -> Tensor:
        """The same with the library's operators, for 16-bit graphs."""
        levels = [(level, True, blocks) for level, blocks in enumerate(self.down)]
        levels += [(self.levels - 1 - index, False, blocks) for index, blocks in enumerate(self.up)]
        modulations = iter(fused.modulations(self.timesteps, noise_ratio, self._biases_left()))
        state, skips, texts = fused.Pending(x), {}, Counter()
        for level, down, blocks in levels:
            for position, block in enumerate(blocks):
                if isinstance(block, ResidualBlock):
                    skip = None if down or position > 0 else skips.get(level)
                    state = block.fused(state, skip, context.maps.get(level))
                elif isinstance(block, Attention):
                    keys_values, shape = context.keys_values[level], context.map_shapes[level]
                    state = fused.attention(state, block, keys_values, texts[level], shape)
                    texts[level] += 1
                elif isinstance(block, _Modulation):
                    state = state.modulated(next(modulations))
                else:
                    y, normed = state.normed()
                    if down:
                        skips[level - 1] = y
                    state = fused.Pending(block.rescaled(normed, context.map_shapes[level if down else level - 1]))
        return state.normed()[1]

    def _biases_left(self) -> list[Tensor | None]:
        """Returns the pending bias before each timestep block (see fused.modulations)."""
        found, left = [], None
        for block in (block for level in (*self.down, *self.up) for block in level):
            if isinstance(block, _Modulation):
                found.append(left)
            left = block.narrow.bias if isinstance(block, ResidualBlock) else None
            left = block.out.bias if isinstance(block, Attention) and block.self_attention else left
        return found


class _Modulation(nn.Module):
    """Marks where a timestep block stands; its weights are in TimestepEmbedding."""


def _timestep_width(plan: Plan) -> int:
    return plan.blocks("TimestepBlock")[0].mapper.in_features


def _level(blocks: nn.ModuleList, mapper: nn.Module | None, keep_apart: bool) -> nn.ModuleList:
    return nn.ModuleList(_translated(block, mapper, keep_apart) for block in blocks)


def _translated(block: nn.Module, mapper: nn.Module | None, keep_apart: bool) -> nn.Module:
    kind = type(block).__name__
    if kind == "ResBlockStageB":
        return ResidualBlock(block, mapper, keep_apart)
    if kind == "AttnBlock":
        return Attention(block)
    if kind == "TimestepBlock":
        return _Modulation()
    return Upscale(block) if isinstance(block[1], nn.ConvTranspose2d) else Downscale(block)
