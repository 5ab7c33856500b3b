"""Writes tiny models with random weights in diffusers' layout. For tests only.

Default initialisation hides mistakes: output layers, response norms, timestep mappers and batch norms start at values
that cancel whole paths. Every parameter is therefore drawn at random, so that each path changes the picture.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from wurstchen_export.errors import ExportError
from wurstchen_export.model.classes import clip_tokenizer, wuerstchen

DEFAULT_SEED = 20240116
TOKENS = 77
VOCABULARY = 768
SCALE_FACTOR = 0.3764
"""The scale factor of the published Stage A."""
WORD = re.compile(r"[^\W\d]+|\d|[^\s\w]+")
"""Splits text into words nearly as CLIP does; sufficient for learning merges."""

CORPUS = (
    "a photo of a cat on the grass, oil painting, highly detailed",
    "an anthropomorphic cat dressed as a fire fighter",
    "a red apple, flat style, on a blue background",
    "the quick brown fox jumps over the lazy dog's back; they're happy, aren't they?",
    "low quality, blurry, bad anatomy, watermark",
    "a lighthouse in a storm at night with 12 ships and 345 waves",
    "würstchen mit senf und brötchen, naïve café",
    "kitten sitting in a teacup under the northern lights",
    "富士山に登る猫, 猫と犬",
    "быстрая лиса прыгает, Ελληνικά και Σίσυφος",
    "smile 😀😀 family 👨‍👩‍👧‍👦 flag 🇩🇪!!! ... ??? --- ''",
    "strasse straße istanbul résumé naïveté",
)
"""The texts from which the tiny tokenizer's merges are learnt."""


@dataclass(frozen=True)
class Sizes:
    """Arguments of the parts' constructors. Text encoders: (width, layers, heads); their hidden layers are ``text_mlp``
    times the width."""

    text_c: tuple[int, int, int]
    text_b: tuple[int, int, int]
    stage_c: dict
    stage_b: dict
    stage_a: dict
    vocabulary: int = VOCABULARY
    text_mlp: int = 2


TINY = Sizes(
    text_c=(24, 2, 3),
    text_b=(16, 2, 2),
    stage_c={"c": 32, "c_r": 16, "depth": 2, "nhead": 4},
    stage_b={"c_r": 16, "c_cond": 16, "c_hidden": [8, 16, 24, 24], "nhead": [-1, 2, 3, 4], "blocks": [1, 1, 2, 1]},
    stage_a={"bottleneck_blocks": 2, "embed_dim": 16, "num_vq_embeddings": 32},
)
MINIATURE = Sizes(
    text_c=(128, 2, 4),
    text_b=(64, 1, 2),
    stage_c={"c": 192, "depth": 8, "nhead": 6},
    stage_b={
        "c_cond": 64,
        "c_hidden": [48, 96, 192],
        "nhead": [-1, -1, 6],
        "blocks": [1, 2, 2],
        "level_config": ["CT", "CT", "CTA"],
        "inject_effnet": [False, True, True],
    },
    stage_a={"bottleneck_blocks": 3, "embed_dim": 96, "num_vq_embeddings": 512},
)
"""The architecture of the model in the box; `speed` measures it when no model is named."""
SIZES = {"tiny": TINY, "miniature": MINIATURE}


def write(out: Path, seed: int = DEFAULT_SEED, settings: dict | None = None, sizes: Sizes = TINY) -> None:
    """Writes the model to ``out/prior`` and ``out/decoder``.

    settings: overrides for tests: latent_mean, latent_std, scale_factor, s_c, scaler_c, s_b, scaler_b.
    """
    if out.exists() and any(out.iterdir()):
        raise ExportError(f"{out} is not empty: name a new folder")
    settings = settings or {}
    generator = torch.Generator("cpu").manual_seed(seed)
    stage_c, stage_b = stage_c_of(sizes), stage_b_of(sizes)
    stage_a = stage_a_of(sizes, settings.get("scale_factor", SCALE_FACTOR))
    encoder_c, encoder_b = text_encoder_c_of(sizes), text_encoder_b_of(sizes)
    for model in (encoder_c, encoder_b, stage_c, stage_b, stage_a):
        randomise(model, generator)
    calm_outputs(stage_c)
    calm_outputs(stage_b)
    calm_outputs(stage_a)

    prior, decoder = out / "prior", out / "decoder"
    for folder, encoder in ((prior, encoder_c), (decoder, encoder_b)):
        encoder.save_pretrained(folder / "text_encoder")
    stage_c.save_pretrained(prior / "prior")
    stage_b.save_pretrained(decoder / "decoder")
    stage_a.save_pretrained(decoder / "vqgan")
    write_settings(prior, decoder, settings)


def write_settings(prior: Path, decoder: Path, settings: dict) -> None:
    """Writes everything but the weights: schedulers, tokenizers and the pipelines' own values."""
    from diffusers import DDPMWuerstchenScheduler

    DDPMWuerstchenScheduler(settings.get("scaler_c", 1.0), settings.get("s_c", 0.008)).save_pretrained(
        prior / "scheduler"
    )
    DDPMWuerstchenScheduler(settings.get("scaler_b", 1.0), settings.get("s_b", 0.008)).save_pretrained(
        decoder / "scheduler"
    )
    write_tokenizer(prior / "tokenizer", pad_token="<|endoftext|>")
    write_tokenizer(decoder / "tokenizer", pad_token="!")
    _write_indexes(prior, decoder, settings)


def randomise(model: nn.Module, generator: torch.Generator) -> None:
    """Draws every parameter and batch norm statistic at random; activations keep a scale near one.

    generator: on the model's device.
    """
    draw = functools.partial(torch.randn, generator=generator, device=generator.device)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            spread = 0.1 if parameter.ndim < 2 else 0.8 / _fan_in(parameter) ** 0.5
            spread = {"gamma": 0.5, "gammas": 0.3, "beta": 0.1}.get(name.rpartition(".")[2], spread)
            spread = 0.5 if "embedding.weight" in name else spread
            center = 1.0 if parameter.ndim == 1 and "norm" in name and name.endswith("weight") else 0.0
            parameter.copy_(center + spread * draw(parameter.shape))
        for name, buffer in model.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(0.3 * draw(buffer.shape))
            elif name.endswith("running_var"):
                buffer.copy_(0.5 + torch.rand(buffer.shape, generator=generator, device=generator.device))


def _fan_in(parameter: torch.Tensor) -> int:
    return max(parameter[0].numel(), 1)


def calm_outputs(stage: nn.Module) -> None:
    """Scales the last layer so that divisors of noise predictions stay away from zero, and pixels inside [0,1]."""
    with torch.no_grad():
        if hasattr(stage, "clf"):
            clf = stage.clf[1]
            clf.weight.mul_(0.3)
            clf.bias[clf.bias.numel() // 2 :].add_(2.0)
        elif hasattr(stage, "out_block"):
            stage.out_block[0].weight.mul_(0.12)
            stage.out_block[0].bias.add_(0.5)
        else:
            stage.out[1].weight.mul_(0.3)
            stage.out[1].bias[stage.config.c_in :].mul_(0.1)
    stage.eval()


def stage_c_of(sizes: Sizes) -> nn.Module:
    return wuerstchen().WuerstchenPrior(**{"c_in": 16, "c_cond": sizes.text_c[0], **sizes.stage_c})


def stage_b_of(sizes: Sizes) -> nn.Module:
    return wuerstchen().WuerstchenDiffNeXt(**{"clip_embd": sizes.text_b[0], **sizes.stage_b})


def stage_a_of(sizes: Sizes, scale_factor: float = SCALE_FACTOR) -> nn.Module:
    return wuerstchen().PaellaVQModel(scale_factor=scale_factor, **sizes.stage_a)


def text_encoder_c_of(sizes: Sizes) -> nn.Module:
    from transformers import CLIPTextModelWithProjection

    return CLIPTextModelWithProjection(text_config(sizes, *sizes.text_c, hidden_act="gelu"))


def text_encoder_b_of(sizes: Sizes) -> nn.Module:
    from transformers import CLIPTextModel

    return CLIPTextModel(text_config(sizes, *sizes.text_b, hidden_act="quick_gelu"))


def text_config(sizes: Sizes, width: int, layers: int, heads: int, hidden_act: str):
    from transformers import CLIPTextConfig

    vocabulary = sizes.vocabulary
    return CLIPTextConfig(
        vocab_size=vocabulary,
        max_position_embeddings=TOKENS,
        hidden_size=width,
        intermediate_size=sizes.text_mlp * width,
        projection_dim=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        hidden_act=hidden_act,
        bos_token_id=vocabulary - 2,
        eos_token_id=vocabulary - 1,
        pad_token_id=vocabulary - 1,
    )


def write_tokenizer(folder: Path, pad_token: str) -> None:
    """Writes a byte-level BPE tokenizer in CLIP's form: ``vocab.json`` and ``merges.txt``.

    The id of ``!`` is 0, as in CLIP's own vocabulary.
    """
    folder.mkdir(parents=True)
    vocabulary, merges = learn_merges(CORPUS, VOCABULARY)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges), encoding="utf-8")
    tokenizer = clip_tokenizer()(
        str(folder / "vocab.json"), str(folder / "merges.txt"), pad_token=pad_token, model_max_length=TOKENS
    )
    tokenizer.save_pretrained(folder)


def learn_merges(corpus: tuple[str, ...], size: int) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Returns vocabulary and merges in CLIP's order: bytes, bytes that end a word, merges, the two special tokens.

    The most frequent pair is merged first; ties are broken by order, so the result is reproducible. Library trainers
    break ties at random.
    """
    characters = _byte_characters()
    words = Counter(word for text in corpus for word in WORD.findall(unicodedata.normalize("NFC", text).lower()))
    split = {word: _as_characters(word, characters) for word in words}
    entries = [*characters.values(), *(character + "</w>" for character in characters.values())]
    merges: list[tuple[str, str]] = []
    while len(entries) < size - 2:
        pairs = Counter()
        for word, parts in split.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += words[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], pair), default=None)
        if best is None:
            raise ValueError(f"the corpus gives only {len(entries) + 2} tokens, {size} are wanted")
        merges.append(best)
        entries.append("".join(best))
        split = {word: _merged(parts, best) for word, parts in split.items()}
    entries += ["<|startoftext|>", "<|endoftext|>"]
    return {entry: index for index, entry in enumerate(entries)}, merges


def _as_characters(word: str, characters: dict[int, str]) -> list[str]:
    """Returns one character for each UTF-8 byte, the last one marked as the end of the word."""
    parts = [characters[byte] for byte in word.encode("utf-8")]
    parts[-1] += "</w>"
    return parts


def _merged(parts: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for part in parts:
        if merged and (merged[-1], part) == pair:
            merged[-1] += part
        else:
            merged.append(part)
    return merged


def _byte_characters() -> dict[int, str]:
    """Returns the character for each byte, in CLIP's order: printable Latin-1 first, so that the id of ``!`` is 0."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + index) for index, byte in enumerate(others)}


def _write_indexes(prior: Path, decoder: Path, settings: dict) -> None:
    from diffusers import __version__

    scheduler, tokenizer = ["diffusers", "DDPMWuerstchenScheduler"], ["transformers", "CLIPTokenizerFast"]
    first = {
        "_class_name": "WuerstchenPriorPipeline",
        "_diffusers_version": __version__,
        "latent_mean": settings.get("latent_mean", 42.0),
        "latent_std": settings.get("latent_std", 1.0),
        "prior": ["wuerstchen", "WuerstchenPrior"],
        "resolution_multiple": 42.67,
        "scheduler": scheduler,
        "text_encoder": ["transformers", "CLIPTextModelWithProjection"],
        "tokenizer": tokenizer,
    }
    second = {
        "_class_name": "WuerstchenDecoderPipeline",
        "_diffusers_version": __version__,
        "decoder": ["wuerstchen", "WuerstchenDiffNeXt"],
        "latent_dim_scale": 10.67,
        "scheduler": scheduler,
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": tokenizer,
        "vqgan": ["wuerstchen", "PaellaVQModel"],
    }
    for folder, index in ((prior, first), (decoder, second)):
        (folder / "model_index.json").write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
