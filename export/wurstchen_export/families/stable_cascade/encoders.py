"""The text encoder with its pooled embedding, and the encoder of image prompts."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wurstchen_export.graphs.layers import Dense, to_tokens
from wurstchen_export.graphs.shapes import KEEP, REST, reshape
from wurstchen_export.graphs.text_encoder import TextEncoder, TextLayer

LEGACY_END = 2
"""An ``eos_token_id`` of 2 stands for the largest id, in configs older than transformers' field."""


class PooledTextEncoder(TextEncoder):
    """CLIPTextModelWithProjection: the hidden state before the final layer norm, and the projected end token."""

    def __init__(self, model: nn.Module, tokens: int):
        super().__init__(model, tokens)
        self.projection = Dense.of(model.text_projection)
        self.end = model.config.eos_token_id
        self.register_buffer("positions", torch.arange(tokens), persistent=True)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """input_ids, attention_mask: int64 [rows, tokens].

        Returns hidden states, float32 [rows, tokens, width], and pooled embeddings, float32 [rows, projection].
        """
        hidden = self.hidden(input_ids, attention_mask)
        marks = input_ids if self.end == LEGACY_END else (input_ids == self.end)
        end = marks.float().argmax(dim=-1, keepdim=True)
        at_end = torch.where((self.positions == end)[:, :, None], hidden, 0).sum(dim=1)
        return hidden.float(), self.projection(self.final_norm(at_end)).float()


class ImageEncoder(nn.Module):
    """CLIPVisionModelWithProjection: pixels to image embeddings, not normalised."""

    def __init__(self, model: nn.Module):
        super().__init__()
        vision = model.vision_model
        embeddings = vision.embeddings
        self.patches = copy.deepcopy(embeddings.patch_embedding)
        self.register_buffer("class_embedding", embeddings.class_embedding.detach().clone()[None, None])
        self.register_buffer("position_embedding", embeddings.position_embedding.weight.detach().clone())
        self.first_norm = copy.deepcopy(vision.pre_layrnorm)
        self.layers = nn.ModuleList(TextLayer(layer) for layer in vision.encoder.layers)
        self.last_norm = copy.deepcopy(vision.post_layernorm)
        self.projection = Dense.of(model.visual_projection)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """pixel_values: float32 [images, 3, side, side], normalised. Returns float32 [images, projection]."""
        patches = to_tokens(self.patches(pixel_values.to(self.class_embedding.dtype)))
        count, width = patches.shape[1] * patches.shape[2], patches.shape[3]
        tokens = F.pad(reshape(patches, KEEP, REST, width, rest=count), (0, 0, 1, 0))
        x = tokens + (self.position_embedding + F.pad(self.class_embedding, (0, 0, 0, count)))
        x = self.first_norm(x)
        for layer in self.layers:
            x = layer(x, None)
        return self.projection(self.last_norm(x[:, 0])).float()
