"""Times the reference's three stages on a GPU in 16 bits: as diffusers ships them, and compiled.

Compiled means what a user of torch does for speed: fused attention (AttnProcessor2_0) and
``torch.compile(mode="reduce-overhead")``, which records CUDA graphs. Random weights of the published sizes: the time of
a step does not depend on their values.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from dataclasses import dataclass
from typing import Callable, Iterator

import torch
from torch import nn

from wurstchen_export.gpu import cascade_size, java_times
from wurstchen_export.gpu.parts import Part
from wurstchen_export.model.source import Source

WARM_UP, MEASURED = 5, 20
RATIO = 0.5
"""The noise ratio of the timed steps; any other takes as long."""
COMPILE_MODE = "reduce-overhead"


@dataclass(frozen=True)
class Time:
    """Milliseconds of a call for a batch of pictures, and seconds of compilation before it (0 if eager)."""

    part: str
    pictures: int
    milliseconds: float
    compile_seconds: float = 0.0


def parts(source, width: int, height: int, device: str) -> Iterator[Part]:
    """Yields one part at a time, so that the caller can free a model before the next one is made."""
    of_family = cascade_size.parts if source.family == "stable-cascade" else _parts
    return of_family(source, width, height, device)


def _parts(source: Source, width: int, height: int, device: str) -> Iterator[Part]:
    random = lambda *shape: torch.randn(shape, device=device, dtype=torch.float16)
    ratio = lambda rows: torch.full((rows,), RATIO, device=device, dtype=torch.float16)
    settings = source.pipeline_settings
    c = [math.ceil(side / settings["resolution_multiple"]) for side in (height, width)]
    b = [int(side * settings["latent_dim_scale"]) for side in c]
    semantic, tokens = source.stage_c.config.c_in, source.tokens
    c_text, b_text = source.stage_c.config.c_cond, source.stage_b.config.clip_embd

    model_c = source.stage_c.half()
    yield Part(
        java_times.STAGE_C_STEP,
        model_c,
        2,
        lambda rows: (random(rows, semantic, *c), ratio(rows), random(rows, tokens, c_text)),
        model_c,
    )
    model_b = source.stage_b.half()
    yield Part(
        java_times.STAGE_B_STEP,
        model_b,
        2,
        lambda rows: (
            random(rows, model_b.config.c_in, *b),
            ratio(rows),
            random(rows, semantic, *c),
            random(rows, tokens, b_text),
        ),
        lambda latents, noise_ratio, maps, text: model_b(latents, noise_ratio, maps, clip=text),
    )
    model_a = source.stage_a.half()
    yield Part(
        java_times.STAGE_A,
        model_a,
        1,
        lambda rows: (random(rows, model_a.config.latent_channels, *b),),
        lambda latents: model_a.decode(latents, return_dict=False)[0],
    )


@torch.no_grad()
def eager(part: Part, pictures: int, device: str) -> Time:
    inputs = part.inputs(part.rows * pictures)
    return Time(part.name, pictures, milliseconds(lambda: part.call(*inputs), device))


@torch.no_grad()
def compiled(part: Part, pictures: int, device: str) -> Time:
    """Compiles again for this batch size, as torch's guide advises: each size gets its own code and CUDA graph."""
    fuse_attention(part.model)
    torch._dynamo.reset()
    inputs = part.inputs(part.rows * pictures)
    call = torch.compile(part.call, mode=COMPILE_MODE)
    started = time.perf_counter()
    for _ in range(3):  # the first compiles, the second records
        call(*inputs)
    _wait(device)
    compiling = time.perf_counter() - started
    found = milliseconds(lambda: call(*inputs), device)
    del call
    torch._dynamo.reset()
    gc.collect()
    return Time(part.name, pictures, found, compiling)


def fuse_attention(model: nn.Module) -> None:
    """Sets diffusers' processor that calls scaled_dot_product_attention in every attention block."""
    from diffusers.models.attention_processor import Attention, AttnProcessor2_0

    for module in model.modules():
        if isinstance(module, Attention):
            module.set_processor(AttnProcessor2_0())


def milliseconds(call: Callable[[], object], device: str) -> float:
    """Returns the median time of a call, until the device has finished it."""
    found = []
    for _ in range(WARM_UP + MEASURED):
        _wait(device)
        started = time.perf_counter()
        call()
        _wait(device)
        found.append(1000 * (time.perf_counter() - started))
    return statistics.median(found[WARM_UP:])


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
