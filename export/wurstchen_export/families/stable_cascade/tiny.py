"""Writes tiny models with random weights in diffusers' layout. For tests only.

So that mistakes show: each folder has a text encoder of its own, Stage A's scale is not Würstchen v2's, and the last
layers are fitted to the noise, since latents of wholly random networks grow without bound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wurstchen_export.errors import ExportError
from wurstchen_export.families.stable_cascade.plan import ATTENTION, RESIDUAL, TIMESTEP
from wurstchen_export.graphs.schedule import alpha_cumprod
from wurstchen_export.model import tiny
from wurstchen_export.model.classes import clip_tokenizer

SCALE_FACTOR = 0.43
"""The original repository's."""
PLAIN, ATTENDING = (RESIDUAL, TIMESTEP), (RESIDUAL, TIMESTEP, ATTENTION)
CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
FIT_RATIOS = (1.0, 0.98, 0.9, 0.75, 0.5, 0.25, 0.1)
"""Noise ratios at which the last layers are fitted."""
PICTURES, FIT_SIDE, CLEAN_SPREAD, RIDGE = 8, 16, 0.5, 1e-4
PIXEL_SPREAD = 0.15
"""Of Stage A's last layer. Latents still come out some 70 times as large as a trained model's."""


@dataclass(frozen=True)
class Sizes:
    """Arguments of the parts' constructors. Text encoder: (width, layers, heads); image encoder: of its config."""

    text: tuple[int, int, int]
    text_projection: int
    image: dict
    stage_c: dict
    stage_b: dict
    stage_a: dict = field(default_factory=dict)
    vocabulary: int = tiny.VOCABULARY
    text_mlp: int = 2


TINY = Sizes(
    text=(24, 2, 3),
    text_projection=20,
    image={"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 28, "patch_size": 14},
    stage_c={
        "timestep_ratio_embedding_dim": 16,
        "conditioning_dim": 24,
        "block_out_channels": (36, 36),
        "num_attention_heads": (4, 4),
        "down_num_layers_per_block": (1, 1),
        "up_num_layers_per_block": (2, 1),
        "clip_image_in_channels": 20,
    },
    stage_b={
        "timestep_ratio_embedding_dim": 16,
        "conditioning_dim": 16,
        "block_out_channels": (32, 16, 24, 24),
        "num_attention_heads": (-1, -1, 3, 4),
        "down_num_layers_per_block": (1, 1, 1, 1),
        "up_num_layers_per_block": (1, 1, 1, 1),
        "up_blocks_repeat_mappers": (1, 2, 1, 1),
        "block_types_per_layer": (PLAIN, PLAIN, ATTENDING, ATTENDING),
    },
    stage_a={"bottleneck_blocks": 2, "embed_dim": 16, "num_vq_embeddings": 32},
)


def write(out: Path, seed: int = tiny.DEFAULT_SEED, sizes: Sizes = TINY, settings: dict | None = None) -> None:
    """Writes the model to ``out/prior`` and ``out/decoder``.

    settings: overrides for tests: scale_factor, s_c, scaler_c, s_b, scaler_b.
    """
    if out.exists() and any(out.iterdir()):
        raise ExportError(f"{out} is not empty: name a new folder")
    settings, generator = settings or {}, torch.Generator("cpu").manual_seed(seed)
    stage_c, stage_b, stage_a = stage_c_of(sizes), stage_b_of(sizes), stage_a_of(sizes, settings)
    encoders = [text_encoder_of(sizes), text_encoder_of(sizes)]
    image_encoder = image_encoder_of(sizes)
    for model in (*encoders, image_encoder, stage_c, stage_b, stage_a):
        tiny.randomise(model, generator)
    tiny.calm_outputs(stage_a)
    with torch.no_grad():
        stage_a.out_block[0].weight.mul_(PIXEL_SPREAD)
    for model in (stage_c, stage_b):
        calm(model)
        fit_output(model.eval(), generator)
    save(out, settings, encoders, image_encoder.eval(), stage_c, stage_b, stage_a)


def save(out: Path, settings: dict, encoders, image_encoder, stage_c, stage_b, stage_a) -> None:
    """encoders: the text encoders of both folders."""
    from diffusers import DDPMWuerstchenScheduler, StableCascadeDecoderPipeline, StableCascadePriorPipeline

    scheduler = lambda side: DDPMWuerstchenScheduler(settings.get(f"scaler_{side}", 1.0), settings.get(f"s_{side}", 0.008))
    prior, decoder = out / "prior", out / "decoder"
    for folder in (prior, decoder):
        tiny.write_tokenizer(folder / "tokenizer", pad_token="!")
    StableCascadePriorPipeline(
        tokenizer=clip_tokenizer().from_pretrained(prior / "tokenizer"),
        text_encoder=encoders[0].eval(),
        prior=stage_c,
        scheduler=scheduler("c"),
        feature_extractor=image_processor_of(image_encoder),
        image_encoder=image_encoder,
    ).save_pretrained(prior)
    StableCascadeDecoderPipeline(
        tokenizer=clip_tokenizer().from_pretrained(decoder / "tokenizer"),
        text_encoder=encoders[1].eval(),
        decoder=stage_b,
        scheduler=scheduler("b"),
        vqgan=stage_a,
    ).save_pretrained(decoder)


def stage_c_of(sizes: Sizes) -> nn.Module:
    from diffusers import StableCascadeUNet

    text = {"clip_text_in_channels": sizes.text[0], "clip_text_pooled_in_channels": sizes.text_projection}
    return StableCascadeUNet(**{"switch_level": (False,), **text, **sizes.stage_c})


def stage_b_of(sizes: Sizes) -> nn.Module:
    from diffusers import StableCascadeUNet

    fixed = {
        "in_channels": 4,
        "out_channels": 4,
        "patch_size": 2,
        "effnet_in_channels": 16,
        "pixel_mapper_in_channels": 3,
        "clip_text_pooled_in_channels": sizes.text_projection,
        "timestep_conditioning_type": ("sca",),
        "down_blocks_repeat_mappers": (1,) * len(sizes.stage_b["block_out_channels"]),
        "dropout": 0.1,
    }
    return StableCascadeUNet(**{**fixed, **sizes.stage_b})


def stage_a_of(sizes: Sizes, settings: dict) -> nn.Module:
    from wurstchen_export.model.classes import wuerstchen

    return wuerstchen().PaellaVQModel(scale_factor=settings.get("scale_factor", SCALE_FACTOR), **sizes.stage_a)


def text_encoder_of(sizes: Sizes) -> nn.Module:
    from transformers import CLIPTextModelWithProjection

    config = tiny.text_config(sizes, *sizes.text, hidden_act="gelu")
    config.projection_dim = sizes.text_projection
    return CLIPTextModelWithProjection(config)


def image_encoder_of(sizes: Sizes) -> nn.Module:
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    width = sizes.image["hidden_size"]
    fixed = {"intermediate_size": 2 * width, "projection_dim": sizes.stage_c["clip_image_in_channels"]}
    return CLIPVisionModelWithProjection(CLIPVisionConfig(**{**fixed, "hidden_act": "quick_gelu", **sizes.image}))


def image_processor_of(image_encoder: nn.Module):
    from transformers import CLIPImageProcessor

    side = image_encoder.config.image_size
    return CLIPImageProcessor(
        size={"shortest_edge": side},
        crop_size={"height": side, "width": side},
        image_mean=CLIP_MEAN,
        image_std=CLIP_STD,
    )


@torch.no_grad()
def calm(model: nn.Module) -> None:
    """Lets the skip connection outweigh what comes up to level 0, so that the last layer sees the latents."""
    for layer in model.up_upscalers[-2][1].modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            layer.weight.mul_(0.2)
    for block in (*model.down_blocks[0], *model.up_blocks[-1]):
        if type(block).__name__ == TIMESTEP:
            block.mapper.weight.mul_(0.3)
        elif type(block).__name__ == ATTENTION:
            block.attention.to_out[0].weight.mul_(0.3)
        elif block is not model.up_blocks[-1][0]:
            block.channelwise[4].weight.mul_(0.3)


@torch.no_grad()
def fit_output(model: nn.Module, generator: torch.Generator) -> None:
    """Fits the last layer, by least squares, to the noise in noised latents."""
    config = model.config
    draw = lambda *shape: torch.randn(*shape, generator=generator)
    features, targets = [], []
    hook = model.clf[1].register_forward_hook(lambda _module, inputs, _output: features.append(inputs[0]))
    for ratio in FIT_RATIOS:
        alpha = alpha_cumprod(torch.tensor([ratio]), 0.008, 1.0)
        clean, noise = (draw(PICTURES, config.in_channels, FIT_SIDE, FIT_SIDE) for _ in range(2))
        noised = alpha.sqrt() * CLEAN_SPREAD * clean + (1 - alpha).sqrt() * noise
        model(noised, torch.full((PICTURES,), ratio), **_conditions(config, draw))
        targets.append(F.pixel_unshuffle(noise, config.patch_size))
    hook.remove()
    columns = lambda maps: torch.cat([x.permute(0, 2, 3, 1).flatten(0, 2) for x in maps]).double()
    x, y = columns(features), columns(targets)
    x = torch.cat([x, torch.ones(len(x), 1)], dim=1)
    ridge = RIDGE * len(x) * torch.eye(x.shape[1])
    solution = torch.linalg.solve(x.t() @ x + ridge, x.t() @ y).float()
    model.clf[1].weight.copy_(solution[:-1].t()[:, :, None, None])
    model.clf[1].bias.copy_(solution[-1])


def _conditions(config, draw) -> dict[str, Tensor]:
    found = {"clip_text_pooled": draw(PICTURES, 1, config.clip_text_pooled_in_channels)}
    if config.clip_text_in_channels is not None:
        found["clip_text"] = draw(PICTURES, tiny.TOKENS, config.clip_text_in_channels)
        found["clip_img"] = draw(PICTURES, 1, config.clip_image_in_channels)
    if config.effnet_in_channels is not None:
        found["effnet"] = draw(PICTURES, config.effnet_in_channels, 3, 3)
    return found
