"""Test cases for every graph of a bundle: inputs, and the outputs that the reference's modules compute."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wurstchen_export.families.family import Case
from wurstchen_export.families.sampling_cases import STEPS, Shape, stage_a_cases, step_case
from wurstchen_export.families.stable_cascade.contract import IMAGE_ENCODER, TEXT_ENCODER, layout_b, layout_c
from wurstchen_export.families.stable_cascade.layout import KEY_PARTS, Layout
from wurstchen_export.families.stable_cascade.plan import ATTENTION, Plan
from wurstchen_export.families.stable_cascade.sizes import AXES, PARTS
from wurstchen_export.families.stable_cascade.source import CascadeSource
from wurstchen_export.graphs import contract

PROMPTS = ("a photo of a cat!", "", "an anthropomorphic cat dressed as a fire fighter " * 9, "low quality", "x", "café")


@dataclass(frozen=True)
class PromptedShape(Shape):
    """A shape with its number of image prompts."""

    prompts: int


def cases(source: CascadeSource, sides: tuple[int, int]) -> Iterator[Case]:
    """Yields cases of every graph at several batch sizes and picture sizes, with and without guidance."""
    small, large = sides
    shapes = [
        _shape(source, 1, True, 1, small, large),
        _shape(source, 3, False, 2, small, small),
        _shape(source, 2, True, 3, large, small),
    ]
    yield from _text_cases(source)
    yield from _image_cases(source)
    for index, shape in enumerate(shapes):
        generator = torch.Generator("cpu").manual_seed(index)
        yield from _stage_c_cases(source, shape, index % STEPS, generator)
        yield from _stage_b_cases(source, shape, index % STEPS, generator)
        yield from stage_a_cases(source.stage_a, str(shape), shape.images, shape.pixels, shape.b, generator)


def _shape(source: CascadeSource, images: int, guided: bool, prompts: int, height: int, width: int) -> PromptedShape:
    settings = source.pipeline_settings
    c = tuple(math.ceil(side / settings["resolution_multiple"]) for side in (height, width))
    b = tuple(int(side * settings["latent_dim_scale"]) for side in c)
    return PromptedShape(images, guided, (height, width), c, b, prompts)


def _encoded(source: CascadeSource, prompts: list[str]) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Returns ids and mask, and hidden states and pooled embeddings."""
    tokens = source.tokenizer(
        prompts, padding="max_length", max_length=source.tokens, truncation=True, return_tensors="pt"
    )
    given = (tokens.input_ids, tokens.attention_mask)
    found = source.text_encoder(given[0], attention_mask=given[1], output_hidden_states=True)
    return given, (found.hidden_states[-1], found.text_embeds)


def _text_cases(source: CascadeSource) -> Iterator[Case]:
    for prompts in (PROMPTS[:1], PROMPTS):
        yield Case(TEXT_ENCODER, f"{len(prompts)} rows", *_encoded(source, list(prompts)))


def _image_cases(source: CascadeSource) -> Iterator[Case]:
    if source.image_encoder is None:
        return
    side = source.image_encoder.config.image_size
    for images in (1, 3):
        pixels = torch.randn(images, 3, side, side, generator=torch.Generator("cpu").manual_seed(images))
        yield Case(IMAGE_ENCODER, f"{images} images", (pixels,), (source.image_encoder(pixels).image_embeds,))


def _texts(shape: PromptedShape) -> list[str]:
    return [PROMPTS[row % len(PROMPTS)] for row in range(shape.rows)]


def _stage_c_cases(source: CascadeSource, shape: PromptedShape, step: int, generator: torch.Generator) -> Iterator[Case]:
    model, layout = source.stage_c, layout_c(source)
    hidden, pooled = _encoded(source, _texts(shape))[1]
    images = torch.randn(shape.rows, shape.prompts, model.config.clip_image_in_channels, generator=generator)
    if shape.guided:
        images[shape.images :] = 0
    latents = torch.randn(shape.images, model.config.in_channels, *shape.c, generator=generator)
    clip = model.get_clip_embeddings(pooled[:, None], hidden, images)
    conditioning = _conditioning(model, layout, shape, clip, None, shape.c)
    given = (hidden, pooled, images, latents)
    yield Case(contract.STAGE_C_CONDITION, str(shape), given, conditioning)

    predict = lambda x, r: model(x, r, pooled[:, None], hidden, images, return_dict=False)[0]
    what = f"{shape} step {step}"
    yield step_case(
        contract.STAGE_C_STEP, what, source.scheduler_c, latents, step, predict, shape.guided, conditioning, generator
    )


def _stage_b_cases(source: CascadeSource, shape: PromptedShape, step: int, generator: torch.Generator) -> Iterator[Case]:
    model, layout = source.stage_b, layout_b(source)
    pooled = _encoded(source, _texts(shape))[1][1]
    stage_c_latents = torch.randn(shape.images, source.stage_c.config.in_channels, *shape.c, generator=generator)
    latents = torch.randn(shape.images, model.config.in_channels, *shape.b, generator=generator)
    effnet = torch.cat([stage_c_latents, torch.zeros_like(stage_c_latents)]) if shape.guided else stage_c_latents
    size = [side // model.config.patch_size for side in shape.b]
    resized = F.interpolate(effnet, size=size, mode="bilinear", align_corners=True)
    semantic_map = model.effnet_mapper(resized) + model.pixels_mapper(latents.new_zeros(1, 3, 8, 8))[:, :, :1, :1]
    clip = model.get_clip_embeddings(pooled[:, None])
    conditioning = _conditioning(model, layout, shape, clip, semantic_map.permute(0, 2, 3, 1), shape.b)
    yield Case(contract.STAGE_B_CONDITION, str(shape), (pooled, stage_c_latents, latents), conditioning)

    predict = lambda x, r: model(x, r, pooled[:, None], effnet=effnet, return_dict=False)[0]
    what = f"{shape} step {step}"
    yield step_case(
        contract.STAGE_B_STEP, what, source.scheduler_b, latents, step, predict, shape.guided, conditioning, generator
    )


def _conditioning(
    model: nn.Module, layout: Layout, shape: PromptedShape, clip: Tensor, semantic_map: Tensor | None, latents: tuple[int, int]
) -> tuple[Tensor, ...]:
    """latents: their sides. In the contract's order, computed by other means than the graphs do."""
    plan = Plan(model)
    found = {
        contract.text_keys_values(level): torch.stack(
            [_keys_values(block, clip) for block in plan.blocks(ATTENTION, level)]
        )
        for level in layout.attention
    }
    image = torch.arange(shape.images)
    found["image_of_row"] = image.repeat(shape.rows // shape.images)
    found["text_row"], found["negative_row"] = image, torch.arange(shape.rows)[-shape.images :]
    if semantic_map is not None:
        found["semantic_map"] = semantic_map
    sides = [tuple(side // model.config.patch_size for side in latents)]
    for level in range(1, layout.levels):
        sides.append(sides[-1] if plan.scales(level) == "same" else tuple(side // 2 for side in sides[-1]))
    for level, side in enumerate(sides):
        found[f"map_shape_{level}"] = torch.tensor([0, *side, -1])
        found[f"map_shape_up_{level}"] = torch.tensor([0, *(2 * length for length in side), -1])
    for level in layout.attention:
        text, cells = torch.arange(clip.shape[1]), torch.arange(sides[level][0] * sides[level][1])
        parts = (
            torch.cat([text, torch.full_like(cells, clip.shape[1] - 1)]),
            torch.cat([torch.zeros_like(text), cells]),
            torch.cat([torch.ones(len(text)), torch.zeros(len(cells))]),
        )
        found |= {f"key_{part}_{level}": tensor for part, tensor in zip(KEY_PARTS, parts, strict=True)}
    for name, level in layout.resizes:
        found |= _resize(name, sides, level)
    return tuple(found[spec.name] for spec in layout.specs())


def _resize(name: str, sides: list[tuple[int, ...]], level: int) -> dict[str, Tensor]:
    twice = lambda at: tuple(2 * length for length in sides[at])
    source, result = {
        "down": lambda: (sides[level - 1], sides[level]),
        "up": lambda: (sides[level], twice(level)),
        "skip": lambda: (twice(level + 1), sides[level]),
    }[name.split("_")[0]]()
    found = {}
    for axis, before, after in zip(AXES, source, result):
        places = [torch.tensor(i * (before - 1) / max(after - 1, 1)) for i in range(after)]
        low = torch.stack(places).floor()
        parts = (low.long(), (low + 1).clamp(max=before - 1).long(), torch.stack(places) - low)
        found |= {f"resize_{name}_{axis}_{part}": tensor for part, tensor in zip(PARTS, parts, strict=True)}
    return found


def _keys_values(block: nn.Module, clip: Tensor) -> Tensor:
    kv, attention = block.kv_mapper(clip), block.attention
    heads = lambda x: x.unflatten(2, (attention.heads, -1)).transpose(1, 2)
    return torch.stack([heads(layer(kv)) for layer in (attention.to_k, attention.to_v)])
