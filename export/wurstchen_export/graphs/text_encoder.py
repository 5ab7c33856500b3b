"""The CLIP text encoder as one graph: token ids and mask to the last hidden state."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers.activations import GELUActivation

from wurstchen_export.graphs.layers import Dense, for_gpus
from wurstchen_export.graphs.operators import nodes
from wurstchen_export.graphs.operators.functions import MASKED_HEAD_DIMS, MASKED_TOKENS
from wurstchen_export.graphs.shapes import KEEP, reshape


class TextEncoder(nn.Module):
    """CLIPTextModel, or the text half of CLIPTextModelWithProjection, up to and with its final layer norm.

    Padding is masked as key, so a pad's own output row still depends on what kind of pad it is; both stages see those
    rows.
    """

    def __init__(self, model: nn.Module, tokens: int):
        """model: a transformers text model; tokens: the fixed number of token ids."""
        super().__init__()
        text = getattr(model, "text_model", model)
        self.register_buffer("token_embedding", text.embeddings.token_embedding.weight.detach().clone())
        positions = text.embeddings.position_embedding.weight.detach()
        self.register_buffer("position_embedding", positions[:tokens].clone())
        self.layers = nn.ModuleList(TextLayer(layer) for layer in text.encoder.layers)
        self.final_norm = copy.deepcopy(text.final_layer_norm)
        self.register_buffer("future", torch.ones(tokens, tokens, dtype=torch.bool).triu(1), persistent=True)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """input_ids, attention_mask: int64 [rows, tokens]. Returns float32 [rows, tokens, width]."""
        return self.final_norm(self.hidden(input_ids, attention_mask)).float()

    def hidden(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """The last hidden state before the final layer norm, [rows, tokens, width]."""
        x = F.embedding(input_ids, self.token_embedding) + self.position_embedding
        hidden = self.future[None, None] | (attention_mask == 0)[:, None, None, :]
        bias = torch.where(hidden, torch.finfo(x.dtype).min, 0.0).to(x.dtype)
        for layer in self.layers:
            x = layer(x, bias)
        return x


class TextLayer(nn.Module):
    """One transformer layer, normalised before attention and before the MLP."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        attention = layer.self_attn
        self.heads = attention.num_heads
        self.scale = attention.head_dim**-0.5
        self.norm1 = copy.deepcopy(layer.layer_norm1)
        self.projection = Dense.stacked(attention.q_proj, attention.k_proj, attention.v_proj)
        self.out = Dense.of(attention.out_proj)
        self.norm2 = copy.deepcopy(layer.layer_norm2)
        self.widen = Dense.of(layer.mlp.fc1)
        self.activation = layer.mlp.activation_fn
        self.narrow = Dense.of(layer.mlp.fc2)

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        """x: [rows, tokens, width]; bias: what to add to the attention scores, [rows, 1, tokens, tokens],
        or None."""
        x = _added(x, self.out, self._attention(self.projection(self.norm1(x)), bias))
        return _added(x, self.narrow, self._widened(self.norm2(x)))

    def _attention(self, projected: Tensor, bias: Tensor | None) -> Tensor:
        tokens, head_dim = projected.shape[1], projected.shape[2] // (3 * self.heads)
        has_kernel = bias is not None and head_dim in MASKED_HEAD_DIMS and tokens <= MASKED_TOKENS
        if for_gpus(projected) and has_kernel:
            return nodes.masked_attention(projected, bias, self.heads, self.scale)
        parts = reshape(projected, KEEP, KEEP, 3, self.heads, head_dim).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts[0] * self.scale, parts[1], parts[2]
        scores = torch.matmul(queries, keys.transpose(2, 3))
        weights = torch.softmax(scores if bias is None else scores + bias, dim=-1)
        return reshape(torch.matmul(weights, values).transpose(1, 2), KEEP, KEEP, self.heads * head_dim)

    def _widened(self, x: Tensor) -> Tensor:
        if for_gpus(x) and isinstance(self.activation, GELUActivation):
            return nodes.dense_gelu(x, self.widen.weight, self.widen.bias)
        return self.activation(self.widen(x))


def _added(x: Tensor, layer: Dense, inner: Tensor) -> Tensor:
    """Returns x + layer(inner)."""
    if for_gpus(x):
        return nodes.dense_bias_residual(inner, layer.weight, layer.bias, x)
    return x + layer(inner)
