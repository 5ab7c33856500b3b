"""The models of the speed figure, with random weights of the published sizes, in 16 bits: the time of a step does not
depend on its weights' values. A picture is its steps and its decoder's call; text encoders, noise and schedulers, which
take little, are left out of all of them.

The sizes are those of the configuration files that each model was published with.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import torch
from torch import nn

from wurstchen_export.gpu import full_size, java_times, reference_times
from wurstchen_export.gpu.reference_times import Part

GUIDED, PLAIN = 2, 1
"""Rows of a picture with guidance, and without."""
TOKENS = 77
LATENT_CHANNELS, PIXELS_PER_LATENT = 4, 8
RATIO = 0.5
RESIDUAL, TIMESTEP, ATTENTION = "SDCascadeResBlock", "SDCascadeTimestepBlock", "SDCascadeAttnBlock"

SD21_UNET = {
    "cross_attention_dim": 1024,
    "attention_head_dim": [5, 10, 20, 20],
    "block_out_channels": [320, 640, 1280, 1280],
    "use_linear_projection": True,
}
SDXL_UNET = {
    "cross_attention_dim": 2048,
    "attention_head_dim": [5, 10, 20],
    "block_out_channels": [320, 640, 1280],
    "transformer_layers_per_block": [1, 2, 10],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
SD_VAE = {
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 2,
    "latent_channels": LATENT_CHANNELS,
}
CASCADE_C = {
    "in_channels": 16,
    "out_channels": 16,
    "timestep_ratio_embedding_dim": 64,
    "patch_size": 1,
    "conditioning_dim": 2048,
    "block_out_channels": (2048, 2048),
    "num_attention_heads": (32, 32),
    "down_num_layers_per_block": (8, 24),
    "up_num_layers_per_block": (24, 8),
    "down_blocks_repeat_mappers": (1, 1),
    "up_blocks_repeat_mappers": (1, 1),
    "block_types_per_layer": ((RESIDUAL, TIMESTEP, ATTENTION),) * 2,
    "clip_text_in_channels": 1280,
    "clip_text_pooled_in_channels": 1280,
    "clip_image_in_channels": 768,
    "timestep_conditioning_type": ("sca", "crp"),
    "switch_level": (False,),
}
CASCADE_B = {
    "in_channels": 4,
    "out_channels": 4,
    "timestep_ratio_embedding_dim": 64,
    "patch_size": 2,
    "conditioning_dim": 1280,
    "block_out_channels": (320, 640, 1280, 1280),
    "num_attention_heads": (0, 0, 20, 20),
    "down_num_layers_per_block": (2, 6, 28, 6),
    "up_num_layers_per_block": (6, 28, 6, 2),
    "down_blocks_repeat_mappers": (1, 1, 1, 1),
    "up_blocks_repeat_mappers": (3, 3, 2, 2),
    "block_types_per_layer": ((RESIDUAL, TIMESTEP),) * 2 + ((RESIDUAL, TIMESTEP, ATTENTION),) * 2,
    "clip_text_pooled_in_channels": 1280,
    "effnet_in_channels": 16,
    "pixel_mapper_in_channels": 3,
    "dropout": 0.1,
    "timestep_conditioning_type": ("sca",),
}
NARROW = {
    "sd21": ({"block_out_channels": [32, 32, 32, 32], "cross_attention_dim": 16, "attention_head_dim": 2}, {}),
    "sdxl": (
        {
            "block_out_channels": [32, 32, 32],
            "cross_attention_dim": 16,
            "attention_head_dim": 2,
            "transformer_layers_per_block": [1, 1, 1],
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": 8 * 6 + 16,
        },
        {},
    ),
    "stable-cascade": (
        {
            "block_out_channels": (64, 64),
            "num_attention_heads": (2, 2),
            "down_num_layers_per_block": (1, 1),
            "up_num_layers_per_block": (1, 1),
            "conditioning_dim": 32,
        },
        {
            "block_out_channels": (16, 16, 32, 32),
            "num_attention_heads": (0, 0, 2, 2),
            "down_num_layers_per_block": (1, 1, 1, 1),
            "up_num_layers_per_block": (1, 1, 1, 1),
            "conditioning_dim": 32,
        },
    ),
}
"""What few channels change: to try the command, not to measure."""
NARROW_VAE = {"block_out_channels": [32, 32, 32, 32], "layers_per_block": 1}


@dataclass(frozen=True)
class Rival:
    """A model and the picture that is measured."""

    label: str
    calls: dict[str, int]
    """By part: how often it is called for a picture."""
    parts: Callable[[str, int, int, str], Iterator[Part]]
    """From sizes, width, height and device; one part after the other, so that a caller can drop a model."""


def _random(device: str):
    return lambda *shape: torch.randn(shape, device=device, dtype=torch.float16)


def _drawn(make: Callable[[], nn.Module], device: str) -> nn.Module:
    with torch.device(device):
        return make().half().eval()


def _merged(name: str, index: int, published: dict, sizes: str) -> dict:
    return {**published, **(NARROW[name][index] if sizes == "narrow" else {})}


def _stable_diffusion(name: str, config: dict):
    def parts(sizes: str, width: int, height: int, device: str) -> Iterator[Part]:
        from diffusers import AutoencoderKL, UNet2DConditionModel

        random = _random(device)
        chosen = _merged(name, 0, config, sizes)
        rows, columns = height // PIXELS_PER_LATENT, width // PIXELS_PER_LATENT
        unet = _drawn(lambda: UNet2DConditionModel(**chosen), device)
        time = torch.tensor(500, device=device)

        def added(rows: int) -> tuple:
            if "addition_embed_type" not in chosen:
                return ()
            pooled = chosen["projection_class_embeddings_input_dim"] - 6 * chosen["addition_time_embed_dim"]
            return random(rows, pooled), random(rows, 6)

        def step(latents, text, *more):
            conditions = {"text_embeds": more[0], "time_ids": more[1]} if more else None
            return unet(latents, time, text, added_cond_kwargs=conditions, return_dict=False)[0]

        yield Part(
            "step",
            unet,
            GUIDED,
            lambda n: (random(n, LATENT_CHANNELS, rows, columns), random(n, TOKENS, chosen["cross_attention_dim"]), *added(n)),
            step,
        )
        del unet
        vae = _drawn(lambda: AutoencoderKL(**{**SD_VAE, **(NARROW_VAE if sizes == "narrow" else {})}), device)
        yield Part(
            "decode",
            vae,
            PLAIN,
            lambda n: (random(n, LATENT_CHANNELS, rows, columns),),
            lambda latents: vae.decode(latents, return_dict=False)[0],
        )

    return parts


def _stable_cascade(sizes: str, width: int, height: int, device: str) -> Iterator[Part]:
    from diffusers import StableCascadeUNet

    random = _random(device)
    ratio = lambda rows: torch.full((rows,), RATIO, device=device, dtype=torch.float16)
    c_config, b_config = (_merged("stable-cascade", i, config, sizes) for i, config in enumerate((CASCADE_C, CASCADE_B)))
    c = [-(-side * 100 // 4267) for side in (height, width)]  # 42.67 px for each value, rounded up
    b = [side // 4 for side in (height, width)]
    model_c = _drawn(lambda: StableCascadeUNet(**c_config), device)
    yield Part(
        java_times.STAGE_C_STEP,
        model_c,
        GUIDED,
        lambda n: (random(n, 16, *c), ratio(n), random(n, 1, 1280), random(n, TOKENS, 1280), random(n, 1, 768)),
        lambda x, r, pooled, text, image: model_c(
            x, r, clip_text_pooled=pooled, clip_text=text, clip_img=image, return_dict=False
        )[0],
    )
    del model_c
    model_b = _drawn(lambda: StableCascadeUNet(**b_config), device)
    yield Part(
        java_times.STAGE_B_STEP,
        model_b,
        PLAIN,
        lambda n: (random(n, 4, *b), ratio(n), random(n, 1, 1280), random(n, 16, *c)),
        lambda x, r, pooled, effnet: model_b(x, r, clip_text_pooled=pooled, effnet=effnet, return_dict=False)[0],
    )
    del model_b
    model_a = _drawn(_stage_a, device)
    yield Part(
        java_times.STAGE_A,
        model_a,
        PLAIN,
        lambda n: (random(n, 4, *b),),
        lambda latents: model_a.decode(latents, return_dict=False)[0],
    )


def _stage_a() -> nn.Module:
    from wurstchen_export.model.classes import wuerstchen

    return wuerstchen().PaellaVQModel()


def _wuerstchen(sizes: str, width: int, height: int, device: str) -> Iterator[Part]:
    with tempfile.TemporaryDirectory() as folder:
        source = full_size.RandomSource.create(Path(folder), full_size.SIZES[sizes], device=device)
        yield from reference_times.parts(source, width, height, device)


RIVALS = {
    "sd21": Rival("Stable Diffusion 2.1", {"step": 50, "decode": 1}, _stable_diffusion("sd21", SD21_UNET)),
    "sdxl": Rival("SDXL", {"step": 50, "decode": 1}, _stable_diffusion("sdxl", SDXL_UNET)),
    "stable-cascade": Rival(
        "Stable Cascade",
        {java_times.STAGE_C_STEP: 20, java_times.STAGE_B_STEP: 10, java_times.STAGE_A: 1},
        _stable_cascade,
    ),
    "wuerstchen": Rival(
        "Würstchen v2",
        {java_times.STAGE_C_STEP: 60, java_times.STAGE_B_STEP: 12, java_times.STAGE_A: 1},
        _wuerstchen,
    ),
}
"""By name. Steps: 50 guided ones of the diffusion models, of the cascades the pipelines' defaults; Würstchen's Stage B is
guided as in the side-by-side benchmark, Stable Cascade's is not, which is its default."""
