"""Stage A's two graphs, from the reference's PaellaVQModel without its quantisation."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wurstchen_export.graphs.layers import Dense, for_gpus, layer_norm, to_maps, to_tokens
from wurstchen_export.graphs.operators import nodes
from wurstchen_export.graphs.shapes import KEEP, REST, cropped, reshape


class MixingBlock(nn.Module):
    """MixingResidualBlock, with its six scalars folded into the weights.

    The products are left to the graph, which ONNX Runtime computes once, when it loads: so the weights are still stored
    as the model has them, and survive rounding to 16 bits.
    """

    def __init__(self, block: nn.Module):
        super().__init__()
        self.register_buffer("gammas", block.gammas.detach().clone())
        self.register_buffer("depthwise", block.depthwise[1].weight.detach().clone())
        self.register_buffer("depthwise_bias", block.depthwise[1].bias.detach().clone())
        self.widen = Dense.of(block.channelwise[0])
        self.narrow = Dense.of(block.channelwise[2])

    def forward(self, x: Tensor) -> Tensor:
        """x: tokens, [images, height, width, channels]."""
        weight, bias, widen, widen_bias, narrow, narrow_bias = self._folded()
        if for_gpus(x):
            weight, bias, widen, widen_bias, narrow, narrow_bias = (
                part.to(x.dtype) for part in (weight.flatten(1).t(), bias, widen, widen_bias, narrow, narrow_bias)
            )
            y, normed = nodes.mixing_depthwise(x, weight, bias, narrow_bias)
            return nodes.dense_residual(nodes.dense_gelu(normed, widen, widen_bias), narrow, y)
        inner = F.pad(to_maps(layer_norm(x)), (1, 1, 1, 1), mode="replicate")
        x = x + to_tokens(F.conv2d(inner, weight, bias, groups=x.shape[-1]))
        inner = F.gelu(torch.matmul(layer_norm(x), widen) + widen_bias)
        return x + torch.matmul(inner, narrow) + narrow_bias

    def _folded(self) -> tuple[Tensor, ...]:
        """Returns weight and bias of the convolution, the widening layer and the narrowing layer, in float32.

        16-bit graphs fold them in float32 too: ONNX Runtime's CPU kernels, which fold constants when a graph is loaded,
        have few operators in 16 bits, and nothing is rounded twice.
        """
        scale1, offset1, factor1, scale2, offset2, factor2 = self.gammas.float().unbind()
        depthwise, widen, narrow = self.depthwise.float(), self.widen.weight.float(), self.narrow.weight.float()
        # The padding repeats the border, so scale and offset of the norm pass through it into the convolution.
        weight = depthwise * ((1 + scale1) * factor1)
        bias = (self.depthwise_bias.float() + depthwise.sum(dim=(1, 2, 3)) * offset1) * factor1
        widen_bias = self.widen.bias.float() + widen.sum(dim=0) * offset2
        widen, narrow, narrow_bias = widen * (1 + scale2), narrow * factor2, self.narrow.bias.float() * factor2
        return weight, bias, widen, widen_bias, narrow, narrow_bias


class Rescale(nn.Module):
    """The 4x4 convolution of stride 2, or its transpose, over tokens."""

    def __init__(self, layer: nn.Conv2d | nn.ConvTranspose2d):
        super().__init__()
        self.layer = copy.deepcopy(layer)

    def forward(self, x: Tensor) -> Tensor:
        if isinstance(self.layer, nn.Conv2d):
            return to_tokens(self.layer(to_maps(x)))
        if for_gpus(x):
            return _doubled(x, self.layer)
        # ONNX Runtime asks cuDNN for the transpose and its bias in one: in 16 bits cuDNN has no such thing, ONNX Runtime
        # prints that as an error, and goes on with the transpose alone and a sum. The same, without the error:
        weight, stride, padding = self.layer.weight, self.layer.stride, self.layer.padding
        return to_tokens(F.conv_transpose2d(to_maps(x), weight, None, stride, padding)) + self.layer.bias


def _doubled(x: Tensor, layer: nn.ConvTranspose2d) -> Tensor:
    """Computes the transposed convolution by four products; x: [images, height, width, channels].

    Each 2x2 square of the zero-padded x contributes to 2x2 cells of the result, so the cells of a square are the sum of
    four products, one for each of its tokens. The outermost rows and columns of cells are cropped.
    """
    channels = layer.out_channels
    # The first two rows of a kernel belong to the lower tokens of a square, the last two to the upper ones.
    taps = layer.weight.unflatten(3, (2, 2)).unflatten(2, (2, 2)).permute(2, 4, 0, 3, 5, 1).flatten(3)
    padded, cells = _with_border(x), None
    for row in (0, 1):
        for column in (0, 1):
            rows, columns = (slice(None, -1) if first else slice(1, None) for first in (row, column))
            tokens, weight = padded[:, rows, columns], taps[row, column]
            if cells is None:
                cells = nodes.dense(tokens, weight, torch.cat([layer.bias] * 4))
            else:
                cells = nodes.dense_residual(tokens, weight, cells)
    # Rows and columns are merged one after the other, because a reshape can infer only one length.
    height, width = x.shape[1] + 1, x.shape[2] + 1
    rows = reshape(cells, KEEP, KEEP, KEEP, 2, 2 * channels).permute(0, 2, 1, 3, 4)
    rows = reshape(rows, KEEP, KEEP, REST, 2 * channels, rest=2 * height).permute(0, 2, 1, 3)
    return cropped(reshape(rows, KEEP, KEEP, REST, channels, rest=2 * width))


def _with_border(x: Tensor) -> Tensor:
    """x, [images, height, width, channels], with zeros around it: [images, height + 2, width + 2, channels].

    Concatenated: ONNX Runtime's Pad, which here makes the zeros of one row and one column only, takes some fifty times as
    long for a whole map on a GPU.
    """
    row = F.pad(x[:, :1], (0, 0, 0, 0, 1, 0))[:, :1]
    x = torch.cat([row, x, row], dim=1)
    column = F.pad(x[:, :, :1], (0, 0, 1, 0))[:, :, :1]
    return torch.cat([column, x, column], dim=2)


def _translated(layers) -> nn.ModuleList:
    translated = nn.ModuleList()
    for layer in layers:
        if type(layer).__name__ == "MixingResidualBlock":
            translated.append(MixingBlock(layer))
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

    def __init__(self, model: nn.Module, scale: float):
        """scale: the model's scale_factor, by which the latents are multiplied first."""
        super().__init__()
        self.scale = scale
        self.layers = _translated(model.up_blocks)
        self.out = Dense.of(model.out_block[0])
        self.shuffle = model.out_block[1]

    def forward(self, stage_b_latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """stage_b_latents: float32 [images, channels, b_height, b_width].

        Returns the pixels, float32 [images, 3, height, width]; the same as levels, uint8 [images, height, width, 3]; and
        the sum of all pixels, float32 [1], which shows whether one of them is NaN, as no level does.
        """
        x = to_tokens(stage_b_latents * self.scale).to(self.out.weight.dtype)
        for layer in self.layers:
            x = layer(x)
        pixels = self.shuffle(to_maps(self.out(x))).float().clamp(0, 1)
        levels = (pixels * 255).round().to(torch.uint8)
        return pixels, to_tokens(levels), pixels.sum().view(1)


class StageAEncode(nn.Module):
    """Pixels in [0,1] to Stage B latents; the inverse of StageADecode as far as the model has learnt it."""

    def __init__(self, model: nn.Module, scale: float):
        """scale: the model's scale_factor, by which the latents are divided at the end."""
        super().__init__()
        self.scale = scale
        self.patch = model.in_block[0].downscale_factor
        self.embedding = Dense.of(model.in_block[1])
        self.layers = _translated(model.down_blocks)

    def forward(self, pixels: Tensor) -> Tensor:
        """pixels: float32 [images, 3, height, width]. Returns float32 [images, channels, b_height, b_width]."""
        # Unshuffling and the product behind it, as the convolution that they are.
        weight, bias = self.embedding.weight, self.embedding.bias
        kernels = weight.t().reshape(-1, 3, self.patch, self.patch)
        x = to_tokens(F.conv2d(pixels.to(weight.dtype), kernels, bias, stride=self.patch))
        for layer in self.layers:
            x = layer(x)
        return torch.div(to_maps(x).float(), self.scale)
