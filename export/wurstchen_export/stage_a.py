"""Stage A's two graphs, from the reference's PaellaVQModel without its quantisation."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wurstchen_export.layers import LAYER_NORM_EPSILON, Dense, to_maps, to_tokens


class MixingBlock(nn.Module):
    """MixingResidualBlock: its six scalars become scale and offset of the layer norms and factors of the weights."""

    def __init__(self, block: nn.Module, keep_apart: bool):
        """keep_apart: leave the factors out of the weights (which then survive rounding to 16 bits)."""
        super().__init__()
        gammas = block.gammas.detach()
        channels = block.depthwise[1].out_channels
        self.keep_apart = keep_apart
        self.register_buffer("gammas", gammas)
        self.register_buffer("scale1", (1 + gammas[0]).repeat(channels))
        self.register_buffer("offset1", gammas[1].repeat(channels))
        self.register_buffer("scale2", (1 + gammas[3]).repeat(channels))
        self.register_buffer("offset2", gammas[4].repeat(channels))
        factor1, factor2 = (1.0, 1.0) if keep_apart else (gammas[2], gammas[5])
        convolution, narrow = block.depthwise[1], block.channelwise[2]
        self.register_buffer("depthwise", convolution.weight.detach() * factor1)
        self.register_buffer("depthwise_bias", convolution.bias.detach() * factor1)
        self.widen = Dense.of(block.channelwise[0])
        self.narrow = Dense(narrow.weight.detach() * factor2, narrow.bias.detach() * factor2)

    def forward(self, x: Tensor) -> Tensor:
        """x: tokens, [images, height, width, channels]."""
        channels = x.shape[-1]
        inner = F.layer_norm(x, (channels,), self.scale1, self.offset1, LAYER_NORM_EPSILON)
        inner = F.pad(to_maps(inner), (1, 1, 1, 1), mode="replicate")
        inner = to_tokens(F.conv2d(inner, self.depthwise, self.depthwise_bias, groups=channels))
        x = x + (inner * self.gammas[2] if self.keep_apart else inner)
        inner = F.layer_norm(x, (channels,), self.scale2, self.offset2, LAYER_NORM_EPSILON)
        inner = self.narrow(F.gelu(self.widen(inner)))
        return x + (inner * self.gammas[5] if self.keep_apart else inner)


class Rescale(nn.Module):
    """The 4x4 convolution of stride 2, or its transpose, over tokens."""

    def __init__(self, layer: nn.Conv2d | nn.ConvTranspose2d):
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return to_tokens(self.layer(to_maps(x)))


def _translated(layers, keep_apart: bool) -> nn.ModuleList:
    translated = nn.ModuleList()
    for layer in layers:
        if type(layer).__name__ == "MixingResidualBlock":
            translated.append(MixingBlock(layer, keep_apart))
        elif isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            translated.append(Rescale(layer))
        else:
            translated.append(_pointwise(layer))
    return translated


def _pointwise(layer: nn.Sequential) -> Dense:
    """A 1x1 convolution, with the batch norm behind it, if there is one, folded in."""
    convolution = layer[0]
    if len(layer) == 1:
        return Dense.of(convolution)
    norm = layer[1]
    factor = norm.weight.detach().double() / (norm.running_var.double() + norm.eps).sqrt()
    weight = convolution.weight.detach().double().flatten(1) * factor[:, None]
    bias = norm.bias.detach().double() - norm.running_mean.double() * factor
    if convolution.bias is not None:
        bias = bias + convolution.bias.detach().double() * factor
    return Dense(weight.to(convolution.weight.dtype), bias.to(convolution.weight.dtype))


class StageADecode(nn.Module):
    """Stage B latents to pixels in [0,1]."""

    def __init__(self, model: nn.Module, scale: float, keep_apart: bool = False):
        """scale: the model's scale_factor, by which the latents are multiplied first."""
        super().__init__()
        self.scale = scale
        self.layers = _translated(model.up_blocks, keep_apart)
        self.out = Dense.of(model.out_block[0])
        self.shuffle = model.out_block[1]

    def forward(self, stage_b_latents: Tensor) -> Tensor:
        """stage_b_latents: float32 [images, channels, b_height, b_width]. Returns float32 [images, 3, height,
        width]."""
        x = to_tokens(stage_b_latents * self.scale).to(self.out.weight.dtype)
        for layer in self.layers:
            x = layer(x)
        return self.shuffle(to_maps(self.out(x))).float().clamp(0, 1)


class StageAEncode(nn.Module):
    """Pixels in [0,1] to Stage B latents; the inverse of StageADecode as far as the model has learnt it."""

    def __init__(self, model: nn.Module, scale: float, keep_apart: bool = False):
        """scale: the model's scale_factor, by which the latents are divided at the end."""
        super().__init__()
        self.scale = scale
        self.unshuffle = model.in_block[0]
        self.embedding = Dense.of(model.in_block[1])
        self.layers = _translated(model.down_blocks, keep_apart)

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels: float32 [images, 3, height, width]. Returns float32 [images, channels, b_height, b_width]."""
        x = self.embedding(to_tokens(self.unshuffle(pixels.to(self.embedding.weight.dtype))))
        for layer in self.layers:
            x = layer(x)
        return torch.div(to_maps(x).float(), self.scale)
