"""The text side of Stages B and C: a small CLIP text model, and training it on short rows.

A prompt fills a dozen of the 77 tokens; the rest are pads whose hidden states the stages see too. Training keeps the
positions of all late pads equal, so that their rows are equal, and computes one of them with the weight of all: the
attention logits of that row get log(copies) added. That is the same function as 77 tokens at a fifth of the work.
"""

import math

import torch
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from .vocabulary import MAX_LENGTH


HEAD_WIDTH = 32


class TextSide(nn.Module):
    """A text encoder with its tokenizer; `length` counts the tokens that training computes."""

    def __init__(self, tokenizer, width: int, layers: int, length: int):
        super().__init__()
        self.tokenizer, self.length = tokenizer, length
        config = CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=width,
            intermediate_size=4 * width,
            projection_dim=width,
            num_hidden_layers=layers,
            num_attention_heads=width // HEAD_WIDTH,
            max_position_embeddings=MAX_LENGTH,
            hidden_act="gelu",
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        config._attn_implementation = "eager"  # see WeightedPadAttention
        self.encoder = CLIPTextModel(config)
        self.cache: dict[str, list[int]] = {}

    @classmethod
    def from_state(cls, tokenizer, state: dict, length: int) -> "TextSide":
        """Rebuilds a trained text side from its state_dict, ready for whole rows; in evaluation mode."""
        width = state["encoder.text_model.final_layer_norm.weight"].shape[0]
        layers = 1 + max(int(name.split(".")[4]) for name in state if ".encoder.layers." in name)
        side = cls(tokenizer, width, layers, length)
        side.load_state_dict(state)
        side.tie_late_positions()
        return side.eval()

    def tokens(self, captions: list[str]):
        """Ids and attention mask, int64 [B,length]."""
        for caption in captions:
            if caption not in self.cache:
                ids = self.tokenizer(caption)["input_ids"]
                if len(ids) >= self.length:
                    raise ValueError(f"caption has {len(ids)} tokens, the limit is {self.length - 1}: {caption!r}")
                self.cache[caption] = ids
        rows = [self.cache[caption] for caption in captions]
        ids = torch.tensor([r + [self.tokenizer.pad_token_id] * (self.length - len(r)) for r in rows])
        mask = torch.tensor([[1] * len(r) + [0] * (self.length - len(r)) for r in rows])
        device = self.encoder.device
        return ids.to(device), mask.to(device)

    def forward(self, captions: list[str]) -> torch.Tensor:
        """Hidden states [B,length,width]; the last row stands for all positions from length - 1 on."""
        ids, mask = self.tokens(captions)
        return self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state

    @torch.no_grad()
    def tie_late_positions(self) -> None:
        """Gives every position from length - 1 on the embedding of that one; needed once, before saving."""
        table = self.encoder.text_model.embeddings.position_embedding.weight
        table[self.length :] = table[self.length - 1]


class WeightedPadAttention:
    """Attention processor for rows of `length` tokens whose last one stands for 77 - length + 1 equal ones."""

    def __init__(self, length: int):
        self.bias = math.log(MAX_LENGTH - length + 1)

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, **kwargs):
        batch, channels, height, width = hidden_states.shape
        tokens = hidden_states.flatten(2).transpose(1, 2)
        q, k, v = (
            linear(source).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            for linear, source in (
                (attn.to_q, tokens),
                (attn.to_k, encoder_hidden_states),
                (attn.to_v, encoder_hidden_states),
            )
        )
        bias = torch.zeros(1, 1, 1, k.shape[2], dtype=q.dtype, device=q.device)
        bias[..., -1] = self.bias
        # Written out: on the CPU the backward pass of the fused attention is many times slower in bfloat16.
        weights = (q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5 + bias).softmax(-1)
        out = weights.to(v.dtype) @ v
        out = attn.to_out[0](out.transpose(1, 2).flatten(2))
        return out.transpose(1, 2).reshape(batch, channels, height, width)


def use_short_rows(stage: nn.Module, length: int) -> None:
    """Makes every attention of a stage count the last text row as all the late pads."""
    from diffusers.models.attention_processor import Attention

    for module in stage.modules():
        if isinstance(module, Attention):
            module.set_processor(WeightedPadAttention(length))
