"""Test cases for every graph of a bundle: inputs, and the outputs that the reference's modules compute."""

from __future__ import annotations

import math
from typing import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wurstchen_export.families.family import Case
from wurstchen_export.families.sampling_cases import STEPS, Shape, stage_a_cases, step_case
from wurstchen_export.graphs import contract
from wurstchen_export.model.plan import Plan, blocks_of
from wurstchen_export.model.source import Source

PROMPTS = (
    "a photo of a cat!",
    "",
    "an anthropomorphic cat dressed as a fire fighter " * 9,
    "low quality, blurry",
    "x",
    "naïve café",
)


def cases(source: Source, sides: tuple[int, int]) -> Iterator[Case]:
    """Yields cases of every graph at two batch sizes and two picture sizes, with and without guidance."""
    small, large = sides
    shapes = [
        _shape(source, 1, True, small, large),
        _shape(source, 3, False, small, small),
        _shape(source, 2, True, large, small),
    ]
    yield from _text_cases(source)
    for index, shape in enumerate(shapes):
        generator = torch.Generator("cpu").manual_seed(index)
        yield from _stage_c_cases(source, shape, index % STEPS, generator)
        yield from _stage_b_cases(source, shape, index % STEPS, generator)
        yield from stage_a_cases(source.stage_a, str(shape), shape.images, shape.pixels, shape.b, generator)
        if source.compressor is not None:
            yield _compressor_case(source, shape, generator)


def _shape(source: Source, images: int, guided: bool, height: int, width: int) -> Shape:
    settings = source.pipeline_settings
    c = tuple(math.ceil(side / settings["resolution_multiple"]) for side in (height, width))
    return Shape(images, guided, (height, width), c, tuple(int(side * settings["latent_dim_scale"]) for side in c))


def _text_cases(source: Source) -> Iterator[Case]:
    sides = (
        (contract.TEXT_ENCODER_C, source.tokenizer_c, source.text_encoder_c),
        (contract.TEXT_ENCODER_B, source.tokenizer_b, source.text_encoder_b),
    )
    for name, tokenizer, encoder in sides:
        for prompts in (PROMPTS[:1], PROMPTS):
            tokens = tokenizer(
                list(prompts), padding="max_length", max_length=source.tokens, truncation=True, return_tensors="pt"
            )
            expected = encoder(tokens.input_ids, attention_mask=tokens.attention_mask).last_hidden_state
            yield Case(name, f"{len(prompts)} rows", (tokens.input_ids, tokens.attention_mask), (expected,))


def _hidden_states(source: Source, side: str, rows: int) -> Tensor:
    tokenizer, encoder = (
        (source.tokenizer_c, source.text_encoder_c) if side == "c" else (source.tokenizer_b, source.text_encoder_b)
    )
    prompts = [PROMPTS[row % len(PROMPTS)] for row in range(rows)]
    tokens = tokenizer(prompts, padding="max_length", max_length=source.tokens, truncation=True, return_tensors="pt")
    return encoder(tokens.input_ids, attention_mask=tokens.attention_mask).last_hidden_state


def _keys_values(block: nn.Module, text: Tensor) -> Tensor:
    """Returns the keys and values that the block's attention computes from the text."""
    kv, attention = block.kv_mapper(text), block.attention
    return torch.stack([_heads(layer(kv), attention.heads) for layer in (attention.to_k, attention.to_v)])


def _heads(x: Tensor, heads: int) -> Tensor:
    rows, tokens, width = x.shape
    return x.view(rows, tokens, heads, width // heads).transpose(1, 2)


def _row_indexes(shape: Shape) -> tuple[Tensor, Tensor, Tensor]:
    image = torch.arange(shape.images)
    return image.repeat(shape.rows // shape.images), image, torch.arange(shape.rows)[-shape.images :]


def _map_shape(sides: tuple[int, int], reduction: int) -> Tensor:
    return torch.tensor([0, *(side // reduction for side in sides), -1])


def _stage_c_cases(source: Source, shape: Shape, step: int, generator: torch.Generator) -> Iterator[Case]:
    model = source.stage_c
    hidden_states = _hidden_states(source, "c", shape.rows)
    text = model.cond_mapper(hidden_states)
    keys_values = torch.stack([_keys_values(block, text) for block in blocks_of(model, "AttnBlock")])
    latents = torch.randn(shape.images, model.config.c_in, *shape.c, generator=generator)
    conditioning = (keys_values, *_row_indexes(shape), _map_shape(shape.c, 1))
    yield Case(contract.STAGE_C_CONDITION, str(shape), (hidden_states, latents), conditioning)

    predict = lambda x, r: model(x, r, hidden_states)
    what = f"{shape} step {step}"
    yield step_case(
        contract.STAGE_C_STEP, what, source.scheduler_c, latents, step, predict, shape.guided, conditioning, generator
    )


def _stage_b_cases(source: Source, shape: Shape, step: int, generator: torch.Generator) -> Iterator[Case]:
    model, settings = source.stage_b, source.pipeline_settings
    hidden_states = _hidden_states(source, "b", shape.rows)
    stage_c_latents = torch.randn(shape.images, source.stage_c.config.c_in, *shape.c, generator=generator)
    latents = torch.randn(shape.images, model.config.c_in, *shape.b, generator=generator)
    semantic = stage_c_latents * settings["latent_mean"] - settings["latent_std"]
    semantic = torch.cat([semantic, torch.zeros_like(semantic)]) if shape.guided else semantic

    plan, text = Plan(model), model.gen_c_embeddings(hidden_states)
    conditioning = [
        torch.stack([_keys_values(block, text) for block in plan.blocks("AttnBlock", level)])
        for level in plan.attending
    ]
    for level in plan.injecting:
        size = [side // (model.config.patch_size * 2**level) for side in shape.b]
        conditioning.append(F.interpolate(semantic, size=size, mode="bicubic", antialias=True, align_corners=True))
    conditioning += _row_indexes(shape)
    conditioning += [_map_shape(shape.b, model.config.patch_size * 2**level) for level in range(plan.levels)]
    yield Case(contract.STAGE_B_CONDITION, str(shape), (hidden_states, stage_c_latents, latents), tuple(conditioning))

    predict = lambda x, r: model(x, r, semantic, clip=hidden_states)
    what = f"{shape} step {step}"
    yield step_case(
        contract.STAGE_B_STEP, what, source.scheduler_b, latents, step, predict, shape.guided, conditioning, generator
    )


def _compressor_case(source: Source, shape: Shape, generator: torch.Generator) -> Case:
    from wurstchen_export.model.compressor import STRIDE

    pixels = torch.rand(shape.images, 3, *(STRIDE * side for side in shape.c), generator=generator)
    return Case(contract.SEMANTIC_COMPRESSOR, str(shape), (pixels,), (source.compressor(pixels),))
