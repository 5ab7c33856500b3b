"""Modules of the U's parts, from the reference's blocks."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from wurstchen_export.families.stable_cascade.conditioning import Context
from wurstchen_export.families.stable_cascade.plan import ATTENTION, RESIDUAL, Half, Plan
from wurstchen_export.graphs.layers import Attention, Dense, for_gpus
from wurstchen_export.graphs.operators import nodes
from wurstchen_export.graphs.stage_b import ResidualBlock, Upscale


@dataclass(frozen=True)
class FoldedTimestep:
    """A timestep block for layers.TimestepEmbedding: ``mapper``, with what ``sca`` and ``crp`` of zero add to its bias."""

    mapper: nn.Linear

    @staticmethod
    def of(block: nn.Module, ratio_width: int) -> FoldedTimestep:
        """ratio_width: of the noise ratio's embedding."""
        bias = block.mapper.bias.detach().double()
        zero = _embedding_of_zero(ratio_width).to(bias.device)
        for name in block.conds:
            other = getattr(block, f"mapper_{name}")
            bias = bias + other.weight.detach().double() @ zero + other.bias.detach().double()
        # In the memory of the original: a large model's mappers are many.
        mapper = nn.Linear(ratio_width, bias.numel(), device="meta")
        mapper.weight = nn.Parameter(block.mapper.weight.detach(), requires_grad=False)
        mapper.bias = nn.Parameter(bias.to(block.mapper.bias.dtype), requires_grad=False)
        return FoldedTimestep(mapper)


def _embedding_of_zero(width: int) -> Tensor:
    """Sines, then cosines; the last column of an odd width is zero."""
    half = width // 2
    return torch.cat([torch.zeros(half), torch.ones(half), torch.zeros(width % 2)]).double()


class Modulation(nn.Module):
    """Marks where a timestep block stands; its weights are in TimestepEmbedding."""

    def __init__(self, index: int):
        super().__init__()
        self.index = index


class Attending(nn.Module):
    """An attention block and its index among those of its level."""

    def __init__(self, block: nn.Module, index: int, epsilon: float):
        super().__init__()
        self.attention = Attention(block)
        self.attention.epsilon = epsilon
        self.index = index


class HalfLevel(nn.Module):
    """One half of a level, repeated with 1x1 convolutions between."""

    def __init__(self, half: Half, plan: Plan, timesteps: list[nn.Module], epsilon: float):
        """timesteps: the U's timestep blocks, by which modulations are numbered."""
        super().__init__()
        self.level, self.takes_skip, self.epsilon = half.level, half.takes_skip, epsilon
        attending = plan.blocks(ATTENTION, half.level)
        self.blocks = nn.ModuleList(self._translated(block, attending, timesteps) for block in half.blocks)
        self.mappers = nn.ModuleList(Dense.of(mapper) for mapper in half.mappers)

    def _translated(self, block: nn.Module, attending: list[nn.Module], timesteps: list[nn.Module]) -> nn.Module:
        kind = type(block).__name__
        if kind == RESIDUAL:
            residual = ResidualBlock(block, None, keep_apart=False)
            residual.epsilon = self.epsilon
            return residual
        if kind == ATTENTION:
            return Attending(block, attending.index(block), self.epsilon)
        return Modulation(timesteps.index(block))


class Halve(nn.Module):
    """A 2x2 convolution of stride 2, as products of the four cells of each square; a last odd row or column is dropped."""

    def __init__(self, convolution: nn.Conv2d):
        super().__init__()
        self.dense = Dense(convolution.weight.permute(0, 2, 3, 1), convolution.bias)

    def forward(self, normed: Tensor, context: Context, level: int) -> Tensor:
        """normed: [rows, height, width, channels]. Returns [rows, height / 2, width / 2, channels of this level]."""
        first, second, channels = slice(0, -1, 2), slice(1, None, 2), normed.shape[3]
        x = None
        for index, (rows, columns) in enumerate((r, c) for r in (first, second) for c in (first, second)):
            cells, weight = normed[:, rows, columns], self.dense.weight[index * channels : (index + 1) * channels]
            if x is None:
                x = _product(cells, weight, self.dense.bias)
            else:
                x = nodes.dense_residual(cells, weight, x) if for_gpus(x) else x + torch.matmul(cells, weight)
        return x


def _product(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return nodes.dense(x, weight, bias) if for_gpus(x) else torch.matmul(x, weight) + bias


class Raise(nn.Module):
    """A 2x2 transposed convolution of stride 2."""

    def __init__(self, block: nn.Sequential):
        super().__init__()
        self.upscale = Upscale(block)

    def forward(self, normed: Tensor, context: Context, level: int) -> Tensor:
        """normed: the map of this level, [rows, height, width, channels]."""
        return self.upscale.rescaled(normed, context.raised_shape(level))


class Mapped(nn.Module):
    """UpDownBlock2d: a 1x1 convolution, and resizing to half or twice the size if it is switched on."""

    def __init__(self, block: nn.Module, down: bool):
        super().__init__()
        self.down = down
        mapping, resizing = block.blocks if down else block.blocks[::-1]
        self.dense = Dense.of(mapping)
        self.resizes = not isinstance(resizing, nn.Identity)

    def forward(self, normed: Tensor, context: Context, level: int) -> Tensor:
        """normed: for the way down the map above this level, for the way up that of this level."""
        if not self.resizes:
            return self.dense(normed)
        height, width = normed.shape[1:3]
        if self.down:
            return context.resize(f"down_{level}").of(self.dense(normed), height // 2, width // 2)
        return self.dense(context.resize(f"up_{level}").of(normed, 2 * height, 2 * width))


def downscaler(block: nn.Sequential) -> nn.Module:
    return Halve(block[1]) if isinstance(block[1], nn.Conv2d) else Mapped(block[1], down=True)


def upscaler(block: nn.Sequential) -> nn.Module:
    return Raise(block) if isinstance(block[1], nn.ConvTranspose2d) else Mapped(block[1], down=False)

