"""Building blocks of the exported graphs.

Feature maps are tokens, [rows, height, width, channels]: the reference permutes its [rows, channels, height, width]
maps back and forth around every linear layer, and each permute is a pass over memory. Weights are copied
from the reference's modules, which stay as they are; nothing here is trained.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wurstchen_export.graphs.operators import nodes
from wurstchen_export.graphs.shapes import KEEP, REST, counted, ones_like_axis, reshape, to_map

LAYER_NORM_EPSILON = 1e-6
"""Every layer norm of Stage A, B and C (not of the text encoders) uses this."""


class Dense(nn.Module):
    """A linear layer over the last axis, with its weight kept as [in, out] so that no graph has to transpose it."""

    def __init__(self, weight: Tensor, bias: Tensor | None):
        """weight: [out, in] as torch keeps it, or [out, in, 1, 1] of a 1x1 convolution; bias: [out]."""
        super().__init__()
        self.register_buffer("weight", weight.detach().flatten(1).t().contiguous())
        self.register_buffer("bias", None if bias is None else bias.detach().clone())

    @staticmethod
    def of(layer: nn.Linear | nn.Conv2d) -> Dense:
        return Dense(layer.weight, layer.bias)

    @staticmethod
    def stacked(*layers: nn.Linear) -> Dense:
        """One layer that computes several side by side, for instance query, key and value."""
        weight = torch.cat([layer.weight.detach() for layer in layers])
        biases = [_bias_or_zeros(layer) for layer in layers]
        return Dense(weight, torch.cat(biases))

    def forward(self, x: Tensor) -> Tensor:
        if for_gpus(x) and self.bias is not None:
            return nodes.dense(x, self.weight, self.bias)
        x = torch.matmul(x, self.weight)
        return x if self.bias is None else x + self.bias


def _bias_or_zeros(layer: nn.Linear) -> Tensor:
    return layer.weight.new_zeros(layer.weight.shape[0]) if layer.bias is None else layer.bias.detach()


def for_gpus(x: Tensor) -> bool:
    """Whether a graph that computes on such values is written for GPUs: those in 16 bits are.

    The same layers are fastest with other operators on a CPU, which computes in float32.
    """
    return x.dtype != torch.float32


def layer_norm(x: Tensor, epsilon: float = LAYER_NORM_EPSILON) -> Tensor:
    """Layer norm over the channels, without scale and offset.

    ONNX Runtime's LayerNormalization is a scalar loop on the CPU: in float32 the same in single operators takes a
    fifth of the time. On a GPU it is one fused kernel with the sums in float32.
    """
    if for_gpus(x):
        return F.layer_norm(x, x.shape[-1:], eps=epsilon)
    centered = x - x.mean(dim=-1, keepdim=True)
    # Squares as a product: ONNX Runtime would recognise a power as the norm and put its own operator back.
    return centered / ((centered * centered).mean(dim=-1, keepdim=True) + epsilon).sqrt()


def side_by_side(*parts: Tensor) -> Tensor:
    """The parts one after the other along their last axis: a concatenation, as a sum of parts padded with zeros.

    Neither this nor taken_apart uses the operators that replay.py keeps out of step graphs.
    """
    widths = [part.shape[-1] for part in parts]
    padded = [
        F.pad(part, (sum(widths[:index]), sum(widths[index + 1 :]))) for index, part in enumerate(parts)
    ]
    return sum(padded[1:], padded[0])


def taken_apart(x: Tensor, widths: list[int]) -> list[Tensor]:
    """The inverse: parts of these widths along the last axis, as slices."""
    starts = [sum(widths[:index]) for index in range(len(widths))]
    return [x[..., start : start + width] for start, width in zip(starts, widths)]


def to_tokens(x: Tensor) -> Tensor:
    """[rows, channels, height, width] to [rows, height, width, channels]."""
    return x.permute(0, 2, 3, 1)


def to_maps(x: Tensor) -> Tensor:
    """[rows, height, width, channels] to [rows, channels, height, width]."""
    return x.permute(0, 3, 1, 2)


def unshuffled(x: Tensor, map_shape: Tensor, patch_size: int) -> Tensor:
    """PixelUnshuffle to tokens; x: [rows, channels, height, width]; map_shape: of the result."""
    p = patch_size
    channels = x.shape[1]
    height, width = x.shape[2] // p, x.shape[3] // p
    x = to_map(to_tokens(x), map_shape, height, width, p * p * channels)  # p * p cells, but not yet of one square
    x = reshape(x, KEEP, KEEP, p, REST, p, channels, rest=width).permute(0, 1, 3, 5, 2, 4)
    return reshape(x, KEEP, KEEP, KEEP, p * p * channels)


class Depthwise(nn.Module):
    """A depthwise convolution, zero padded to keep the size, over tokens."""

    def __init__(self, convolution: nn.Conv2d):
        super().__init__()
        self.register_buffer("weight", convolution.weight.detach().clone())
        self.register_buffer("bias", convolution.bias.detach().clone())
        self.padding = convolution.padding

    def forward(self, x: Tensor) -> Tensor:
        maps = F.conv2d(to_maps(x), self.weight, self.bias, padding=self.padding, groups=self.weight.shape[0])
        return to_tokens(maps)


class ResponseNormDense(nn.Module):
    """The reference's GlobalResponseNorm and the linear layer behind it.

    ``(gamma * x * n + beta + x) W + c`` is computed as ``(x * (1 + gamma * n)) W + (beta W + c)``: one pass over x
    less. 16-bit graphs compute it by operators of their own (fused.residual).
    """

    def __init__(self, norm: nn.Module, linear: nn.Linear):
        super().__init__()
        self.register_buffer("gamma", norm.gamma.detach().flatten().clone())
        self.register_buffer("weight", linear.weight.detach().t().contiguous())
        shifted = (
            linear.weight.detach().double() @ norm.beta.detach().double().flatten() + linear.bias.detach().double()
        )
        self.register_buffer("bias", shifted.to(linear.bias.dtype))

    def forward(self, x: Tensor) -> Tensor:
        energy = (x * x).sum(dim=(1, 2), keepdim=True).sqrt()
        response = energy / (energy.mean(dim=-1, keepdim=True) + 1e-6)
        return torch.matmul(x * (1 + self.gamma * response), self.weight) + self.bias


class TimestepEmbedding(nn.Module):
    """Sines and cosines of the noise ratio, and the scales and offsets of every timestep block in one product.

    All rows of a run share the noise ratio, so the result has no batch axis to speak of.
    """

    def __init__(self, width: int, blocks: list[nn.Module], max_positions: float = 10000.0):
        """width: ``c_r`` of the reference; blocks: its TimestepBlocks in the order in which they run."""
        super().__init__()
        half = width // 2
        # The reference's own expression, evaluated by torch: an exporter that folds exp() itself is one ulp off, and
        # the factor of 10,000 on the noise ratio makes that visible.
        exponent = torch.log(torch.tensor(max_positions, dtype=torch.float64)).item() / (half - 1)
        self.register_buffer("frequencies", torch.arange(half).float().mul(-exponent).exp(), persistent=True)
        self.max_positions = max_positions
        self.odd = width % 2 == 1
        self.mapper = Dense.stacked(*[block.mapper for block in blocks])
        self.sizes = [block.mapper.out_features // 2 for block in blocks for _ in range(2)]

    def forward(self, noise_ratio: Tensor) -> list[tuple[Tensor, Tensor]]:
        """noise_ratio: float32 [1] in [0,1]. Returns for each block its scale and offset, [1, channels] each."""
        angles = (noise_ratio * self.max_positions)[:, None] * self.frequencies[None, :]
        embedding = side_by_side(angles.sin(), angles.cos())
        embedding = F.pad(embedding, (0, 1)) if self.odd else embedding
        parts = taken_apart(self.mapper(embedding.to(self.mapper.weight.dtype)), self.sizes)
        return list(zip(parts[0::2], parts[1::2]))


def modulate(x: Tensor, scale_offset: tuple[Tensor, Tensor]) -> Tensor:
    """A TimestepBlock."""
    scale, offset = scale_offset
    return x * (1 + scale) + offset


class Attention(nn.Module):
    """Self attention over the map's tokens together with the text's, whose keys and values were computed beforehand."""

    def __init__(self, block: nn.Module):
        """block: an AttnBlock of the reference."""
        super().__init__()
        attention = block.attention
        self.self_attention = block.self_attn
        self.heads = attention.heads
        self.head_dim = attention.to_q.out_features // attention.heads
        self.scale = attention.scale
        self.epsilon = LAYER_NORM_EPSILON
        projections = [attention.to_q, attention.to_k, attention.to_v] if block.self_attn else [attention.to_q]
        self.projection = Dense.stacked(*projections)
        self.out = Dense.of(attention.to_out[0])

    def forward(self, x: Tensor, text: TextBesideMap, map_shape: Tensor) -> Tensor:
        """x: [rows, height, width, channels]; map_shape: of x."""
        height, width = x.shape[1:3]
        parts = 3 if self.self_attention else 1
        projected = self.projection(layer_norm(x, self.epsilon))
        projected = reshape(projected, KEEP, REST, parts, self.heads, self.head_dim, rest=height * width)
        projected = projected.permute(2, 0, 3, 1, 4)
        keys_values = text.before(projected[1:]) if self.self_attention else text.keys_values
        keys, values = keys_values[0], keys_values[1]
        weights = torch.softmax(torch.matmul(projected[0] * self.scale, keys.transpose(2, 3)), dim=-1)
        mixed = torch.matmul(weights, values).transpose(1, 2)
        return x + self.out(to_map(mixed, map_shape, height, width, self.heads * self.head_dim))


class TextBesideMap:
    """Keys and values of the text, to be put before those of a map's tokens."""

    def __init__(self, keys_values: Tensor, positions: Tensor):
        """keys_values: [2, rows, heads, text tokens, head_dim]; positions: what positions_of gives for the map."""
        self.keys_values, self.positions = keys_values, positions

    @staticmethod
    def positions_of(x: Tensor, text_tokens: int) -> Tensor:
        """0, 1, 2 and so on, float32 [text tokens + map tokens]. x: a map of any channels, [rows, height, width, ..].

        Counted on the device, because only there the map's size is known.
        """
        ones = ones_like_axis(reshape(x[0, :, :, 0], REST, rest=x.shape[1] * x.shape[2]))
        return counted(F.pad(ones, (text_tokens, 0), value=1.0))

    def before(self, keys_values: Tensor) -> Tensor:
        """The text's and then the map's, without a concatenation (see side_by_side).

        keys_values: [2, rows, heads, map tokens, head_dim].
        """
        tokens = self.keys_values.shape[3]
        text = self.keys_values.index_select(3, self.positions.clamp(max=tokens - 1).to(torch.int64))
        shifted = F.pad(keys_values, (0, 0, tokens, 0))
        return torch.where((self.positions < tokens)[:, None], text, shifted)


class TextKeysValues(nn.Module):
    """Keys and values of the text for one attention block: its kv_mapper behind the SiLU, to_k and to_v."""

    def __init__(self, block: nn.Module):
        super().__init__()
        attention = block.attention
        self.heads = attention.heads
        self.head_dim = attention.to_k.out_features // attention.heads
        self.mapper = Dense.of(block.kv_mapper[1])
        self.projection = Dense.stacked(attention.to_k, attention.to_v)

    def forward(self, activated: Tensor) -> Tensor:
        """activated: SiLU of the mapped text, [rows, tokens, channels]. Returns [2, rows, heads, tokens, head_dim]."""
        both = self.projection(self.mapper(activated))
        return reshape(both, KEEP, KEEP, 2, self.heads, self.head_dim).permute(2, 0, 3, 1, 4)
