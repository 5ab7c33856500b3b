"""The published sizes of Stable Cascade with random weights (see full_size.py), and calls of its parts to time."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Callable, ClassVar, Iterator

import torch
from torch import Tensor, nn

from wurstchen_export.families.stable_cascade import tiny as cascade
from wurstchen_export.families.stable_cascade.plan import ATTENTION, RESIDUAL, TIMESTEP
from wurstchen_export.families.stable_cascade.source import FEATURE_EXTRACTOR, CascadeSource
from wurstchen_export.families.stable_cascade.tiny import Sizes
from wurstchen_export.gpu import java_times
from wurstchen_export.gpu.parts import Part
from wurstchen_export.model import tiny

PLAIN, ATTENDING = (RESIDUAL, TIMESTEP), (RESIDUAL, TIMESTEP, ATTENTION)
CASCADE = Sizes(
    text=(1280, 32, 20),
    text_projection=1280,
    image={
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "image_size": 224,
        "patch_size": 14,
    },
    stage_c={
        "timestep_ratio_embedding_dim": 64,
        "conditioning_dim": 2048,
        "block_out_channels": (2048, 2048),
        "num_attention_heads": (32, 32),
        "down_num_layers_per_block": (8, 24),
        "up_num_layers_per_block": (24, 8),
        "clip_image_in_channels": 768,
    },
    stage_b={
        "timestep_ratio_embedding_dim": 64,
        "conditioning_dim": 1280,
        "block_out_channels": (320, 640, 1280, 1280),
        "num_attention_heads": (-1, -1, 20, 20),
        "down_num_layers_per_block": (2, 6, 28, 6),
        "up_num_layers_per_block": (6, 28, 6, 2),
        "up_blocks_repeat_mappers": (3, 3, 2, 2),
        "block_types_per_layer": (PLAIN, PLAIN, ATTENDING, ATTENDING),
    },
    stage_a={"bottleneck_blocks": 12, "embed_dim": 384, "num_vq_embeddings": 8192},
    vocabulary=49408,
    text_mlp=4,
)
"""Source: diffusers, scripts/convert_stable_cascade.py."""
LITE = dataclasses.replace(
    CASCADE,
    stage_c={
        **CASCADE.stage_c,
        "conditioning_dim": 1536,
        "block_out_channels": (1536, 1536),
        "num_attention_heads": (24, 24),
        "down_num_layers_per_block": (4, 12),
        "up_num_layers_per_block": (12, 4),
    },
    stage_b={
        **CASCADE.stage_b,
        "block_out_channels": (320, 576, 1152, 1152),
        "num_attention_heads": (-1, -1, 18, 18),
        "down_num_layers_per_block": (2, 4, 14, 4),
        "up_num_layers_per_block": (4, 14, 4, 2),
        "up_blocks_repeat_mappers": (2, 2, 2, 2),
    },
)
"""Source: diffusers, scripts/convert_stable_cascade_lite.py."""
NARROW = dataclasses.replace(
    cascade.TINY,
    stage_c={**cascade.TINY.stage_c, "block_out_channels": (128, 128), "num_attention_heads": (2, 2)},
    stage_b={**cascade.TINY.stage_b, "block_out_channels": (16, 16, 64, 128), "num_attention_heads": (-1, -1, 1, 2)},
)
"""Few channels, to try commands; heads have 64 channels as in the published models."""
TIMESTEP_SPREAD = 0.1
"""Of what tiny models draw: each of a block's three mappers adds to a scale by which activations are multiplied, and one
call runs 152 such blocks."""
PARTS = ("text_encoder", "image_encoder", "stage_c", "stage_b", "stage_a")


@dataclass(frozen=True)
class CascadeRandomSource(CascadeSource):
    """A model that lies on no disk; each part is drawn when first asked for, from a seed of its own."""

    sizes: Sizes = CASCADE
    seed: int = 0
    device: str = "cpu"

    overflows_in_16_bits: ClassVar[bool] = False
    """Its activations are small; to search them would take minutes."""

    @staticmethod
    def create(folder: Path, sizes: Sizes = CASCADE, seed: int = 0, device: str = "cpu") -> CascadeRandomSource:
        """folder: where to write everything but the weights; it must stay."""
        prior, decoder = folder / "prior", folder / "decoder"
        _write_settings(prior, decoder, sizes)
        return CascadeRandomSource(prior, decoder, sizes=sizes, seed=seed, device=device)

    @cached_property
    def text_encoder(self) -> nn.Module:
        return self._drawn("text_encoder", cascade.text_encoder_of)

    @cached_property
    def image_encoder(self) -> nn.Module:
        return self._drawn("image_encoder", cascade.image_encoder_of)

    @cached_property
    def stage_c(self) -> nn.Module:
        return self._drawn("stage_c", cascade.stage_c_of)

    @cached_property
    def stage_b(self) -> nn.Module:
        return self._drawn("stage_b", cascade.stage_b_of)

    @cached_property
    def stage_a(self) -> nn.Module:
        model = self._drawn("stage_a", lambda sizes: cascade.stage_a_of(sizes, {}))
        tiny.calm_outputs(model)
        return model

    def _drawn(self, part: str, make: Callable[[Sizes], nn.Module]) -> nn.Module:
        with torch.device(self.device):
            model = make(self.sizes)
        generator = torch.Generator(self.device).manual_seed(self.seed * len(PARTS) + PARTS.index(part))
        tiny.randomise(model, generator)
        with torch.no_grad():
            for module in model.modules():
                if type(module).__name__ == TIMESTEP:
                    for mapper in module.children():
                        mapper.weight.mul_(TIMESTEP_SPREAD)
                        mapper.bias.mul_(TIMESTEP_SPREAD)
        return model.eval()


def _write_settings(prior: Path, decoder: Path, sizes: Sizes) -> None:
    from diffusers import DDPMWuerstchenScheduler

    for folder, kind in ((prior, "Prior"), (decoder, "Decoder")):
        tiny.write_tokenizer(folder / "tokenizer", pad_token="<|endoftext|>")
        DDPMWuerstchenScheduler().save_pretrained(folder / "scheduler")
        index = {"_class_name": f"StableCascade{kind}Pipeline"}
        (folder / "model_index.json").write_text(json.dumps(index), encoding="utf-8")
    with torch.device("meta"):
        image_encoder = cascade.image_encoder_of(sizes)
        cascade.text_encoder_of(sizes).config.save_pretrained(prior / "text_encoder")
        cascade.stage_c_of(sizes).save_config(prior / "prior")
        cascade.stage_b_of(sizes).save_config(decoder / "decoder")
        cascade.stage_a_of(sizes, {}).save_config(decoder / "vqgan")
    cascade.image_processor_of(image_encoder).save_pretrained((prior / FEATURE_EXTRACTOR).parent)


def shallow(sizes: Sizes, stages: tuple[str, ...]) -> Sizes:
    """The sizes with one block a level in every stage that is not named."""
    one = lambda stage: {
        **stage,
        "down_num_layers_per_block": (1,) * len(stage["block_out_channels"]),
        "up_num_layers_per_block": (1,) * len(stage["block_out_channels"]),
    }
    return dataclasses.replace(
        sizes,
        text=sizes.text if "text" in stages else (sizes.text[0], 1, sizes.text[2]),
        image=sizes.image if "text" in stages else {**sizes.image, "num_hidden_layers": 1},
        stage_c=sizes.stage_c if "c" in stages else one(sizes.stage_c),
        stage_b=sizes.stage_b if "b" in stages else one(sizes.stage_b),
        stage_a=sizes.stage_a if "a" in stages else {**sizes.stage_a, "bottleneck_blocks": 1},
    )


def parts(source: CascadeSource, width: int, height: int, device: str) -> Iterator[Part]:
    """See reference_times.parts."""
    random = lambda *shape: torch.randn(shape, device=device, dtype=torch.float16)
    ratio = lambda rows: torch.full((rows,), 0.5, device=device, dtype=torch.float16)
    settings = source.pipeline_settings
    c = [math.ceil(side / settings["resolution_multiple"]) for side in (height, width)]
    b = [int(side * settings["latent_dim_scale"]) for side in c]
    model_c = source.stage_c.half()
    config = model_c.config

    def call_c(latents: Tensor, noise_ratio: Tensor, pooled: Tensor, hidden: Tensor, images: Tensor) -> Tensor:
        return model_c(latents, noise_ratio, pooled, hidden, images, return_dict=False)[0]

    inputs_c = lambda rows: (
        random(rows, config.in_channels, *c),
        ratio(rows),
        random(rows, 1, config.clip_text_pooled_in_channels),
        random(rows, source.tokens, config.clip_text_in_channels),
        random(rows, 1, config.clip_image_in_channels),
    )
    yield Part(java_times.STAGE_C_STEP, model_c, 2, inputs_c, call_c)
    model_b = source.stage_b.half()

    def call_b(latents: Tensor, noise_ratio: Tensor, pooled: Tensor, effnet: Tensor) -> Tensor:
        return model_b(latents, noise_ratio, pooled, effnet=effnet, return_dict=False)[0]

    inputs_b = lambda rows: (
        random(rows, model_b.config.in_channels, *b),
        ratio(rows),
        random(rows, 1, model_b.config.clip_text_pooled_in_channels),
        random(rows, model_b.config.effnet_in_channels, *c),
    )
    yield Part(java_times.STAGE_B_STEP, model_b, 2, inputs_b, call_b)
    model_a = source.stage_a.half()
    inputs_a = lambda rows: (random(rows, model_a.config.latent_channels, *b),)
    yield Part(java_times.STAGE_A, model_a, 1, inputs_a, lambda latents: model_a.decode(latents, return_dict=False)[0])
