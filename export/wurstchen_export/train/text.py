"""The text encoder of Stages B and C: a small CLIP text model, trained on short rows.

A prompt fills a dozen of the 77 tokens; the rest are pads whose hidden states the stages see too. Training keeps the
positions of all late pads equal, so that their rows are equal, and computes one of them with the weight of all: the
attention logits of that row get log(copies) added. That is the same function as 77 tokens at a fifth of the work.
"""

import math
import types
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from wurstchen_export.errors import ExportError
from wurstchen_export.train.dataset.vocabulary import MAX_LENGTH
from wurstchen_export.train.engine.parts import load_part, part_file

HEAD_WIDTH = 32
LAYER = "text_model.encoder.layers."


class TextLayer(nn.Module):
    """One layer of CLIP's text model; submodules are named as there."""

    def __init__(self, width: int):
        super().__init__()
        names = ("k_proj", "v_proj", "q_proj", "out_proj")
        self.self_attn = nn.ModuleDict({name: nn.Linear(width, width) for name in names})
        self.layer_norm1 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, 4 * width), "fc2": nn.Linear(4 * width, width)})
        self.layer_norm2 = nn.LayerNorm(width)
        self.dropout = nn.Dropout(0.0)

    def forward(self, x: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """x: [B,length,width]; hidden: bool [B,1,length,length], where a token (row) must not look (column)."""
        inner = self.layer_norm1(x)
        q, k, v = (
            self.self_attn[name](inner).unflatten(-1, (-1, HEAD_WIDTH)).transpose(1, 2)
            for name in ("q_proj", "k_proj", "v_proj")
        )
        weights = (q @ k.transpose(-1, -2) * HEAD_WIDTH**-0.5).float().masked_fill(hidden, -1e9).softmax(-1)
        x = x + self.dropout(self.self_attn["out_proj"]((weights.to(v.dtype) @ v).transpose(1, 2).flatten(2)))
        return x + self.dropout(self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.layer_norm2(x)))))


class TextSide(nn.Module):
    """CLIP's text model on rows of `length` tokens; its weights have the names of transformers' CLIPTextModel.

    Reimplemented, because transformers' classes differ between releases and not all of them compile.
    """

    def __init__(self, tokens: int, width: int, layers: int, length: int):
        super().__init__()
        self.architecture = {"tokens": tokens, "width": width, "layers": layers, "length": length}
        self.end = tokens - 1  # <|endoftext|> is the last entry of the vocabulary and also the pad
        embeddings = {
            "token_embedding": nn.Embedding(tokens, width),
            "position_embedding": nn.Embedding(MAX_LENGTH, width),
        }
        self.text_model = nn.ModuleDict(
            {
                "embeddings": nn.ModuleDict(embeddings),
                "encoder": nn.ModuleDict({"layers": nn.ModuleList(TextLayer(width) for _ in range(layers))}),
                "final_layer_norm": nn.LayerNorm(width),
            }
        )
        self.dropout = nn.Dropout(0.0)  # of embeddings
        for table in embeddings.values():
            nn.init.normal_(table.weight, std=0.02)

    @property
    def length(self) -> int:
        return self.architecture["length"]

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """ids: int64 [B,length]. Returns hidden states [B,length,width]; the last row represents all positions from
        length - 1 on."""
        tables = self.text_model["embeddings"]
        length = ids.shape[1]
        position = tables["position_embedding"].weight[:length]
        x = self.dropout(F.embedding(ids, tables["token_embedding"].weight) + position)
        pad = (ids == self.end).cumsum(1) > 1  # the first one ends the text
        later = torch.ones(length, length, dtype=torch.bool, device=ids.device).triu(1)
        for layer in self.text_model["encoder"]["layers"]:
            x = layer(x, later | pad[:, None, None, :])
        return self.text_model["final_layer_norm"](x)

    @torch.no_grad()
    def tie_late_positions(self) -> None:
        """Gives every position from length - 1 on the embedding of that one; needed once, before the weights are used
        on whole rows."""
        table = self.text_model["embeddings"]["position_embedding"].weight
        table[self.length :] = table[self.length - 1]

    def settings(self) -> dict:
        """Returns the entries of transformers' configuration that are not part of the architecture."""
        return {
            "intermediate_size": 4 * self.architecture["width"],
            "num_attention_heads": self.architecture["width"] // HEAD_WIDTH,
            "max_position_embeddings": MAX_LENGTH,
            "hidden_act": "gelu",
            "layer_norm_eps": 1e-5,
        }

    def published(self, tokenizer) -> CLIPTextModel:
        """Returns transformers' class with the same weights, for whole rows, in evaluation mode."""
        self.tie_late_positions()
        config = CLIPTextConfig(
            vocab_size=self.architecture["tokens"],
            hidden_size=self.architecture["width"],
            projection_dim=self.architecture["width"],
            num_hidden_layers=self.architecture["layers"],
            **self.settings(),
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        model, state = CLIPTextModel(config), self.state_dict()
        if not any(name.startswith("text_model.") for name in model.state_dict()):  # from release 5 on
            state = {name.removeprefix("text_model."): value for name, value in state.items()}
        model.load_state_dict(state)
        return model.eval()


def text_architecture(folder: Path, name: str, tokens: int) -> dict:
    """Returns the architecture of a trained text encoder. Raises ExportError if the tokenizer has another size."""
    architecture = load_part(folder, name)[1]
    if architecture["tokens"] != tokens:
        raise ExportError(
            f"{part_file(folder, name)} knows {architecture['tokens']} tokens, the tokenizer of the training data"
            f" {tokens}: use the data, or the tokenizer, that the part was trained with"
        )
    return architecture


def short_row_attention(self, x: torch.Tensor, kv: torch.Tensor) -> torch.Tensor:
    """Computes AttnBlock.forward of the reference for text rows whose last one represents all late pads.

    Reimplemented: on the CPU, the backward pass of fused attention is many times slower in bfloat16.
    """
    batch, channels, height, width = x.shape
    attention, heads = self.attention, self.attention.heads
    tokens = self.norm(x).flatten(2).transpose(1, 2)
    text = self.kv_mapper(kv)
    sources = torch.cat([tokens, text.to(tokens.dtype)], dim=1)
    q, k, v = (
        linear(source).unflatten(-1, (heads, -1)).transpose(1, 2)
        for linear, source in ((attention.to_q, tokens), (attention.to_k, sources), (attention.to_v, sources))
    )
    copies = MAX_LENGTH - kv.shape[1] + 1
    column = torch.arange(sources.shape[1], device=x.device)
    bias = torch.where(column == sources.shape[1] - 1, math.log(copies), 0.0)
    weights = ((q @ k.transpose(-1, -2)).float() * q.shape[-1] ** -0.5 + bias).softmax(-1)
    out = (weights.to(v.dtype) @ v).transpose(1, 2).flatten(2)
    for layer in attention.to_out:  # a projection and dropout
        out = layer(out)
    return x + out.transpose(1, 2).reshape(batch, channels, height, width)


def use_short_rows(stage: nn.Module) -> None:
    """Replaces every attention of a stage by one that weighs the last text row as all late pads; keeps the weights."""
    for module in stage.modules():
        if type(module).__name__ == "AttnBlock":  # its module differs between releases
            module.forward = types.MethodType(short_row_attention, module)
