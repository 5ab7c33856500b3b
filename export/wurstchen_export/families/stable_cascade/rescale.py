"""Keeps the residual stream of Stage C's last group of blocks inside what 16 bits can hold.

In the published network it grows beyond 65504 there, and 16-bit pictures came out black. All that enters the stream is
divided by a power of two, and the epsilon of each layer norm that reads it by the square of that. Layer norms undo the
division, so in float32 nothing changes, not one bit. The number comes from the activations of a few runs.
"""

from __future__ import annotations

import contextlib
import math
from typing import Callable, Iterator

import torch
from torch import Tensor, nn

from wurstchen_export.errors import ExportError
from wurstchen_export.families.family import PictureRequest
from wurstchen_export.families.stable_cascade.plan import ATTENTION, RESIDUAL, TIMESTEP

LARGEST = 65504
"""Of float16."""
ROOM = 16
"""Other prompts and sizes may give so many times larger activations than the calibrating runs."""
PROMPTS = (
    ("cinematic photo of an anthropomorphic cat dressed as a fire fighter, highly detailed", "low quality, blurry"),
    ("a red apple", ""),
)
"""Of the calibrating runs: prompt and negative prompt."""
SIDE, STEPS, GUIDANCE = 1024, 8, 4.0


def apply(source, progress: Callable[[str], None]) -> None:
    """Divides the stream of the source's Stage C by what its activations call for, in place.

    Raises ExportError if another part of it leaves the range of 16 bits too.
    """
    stream, elsewhere = activations(source)
    if not math.isfinite(stream + elsewhere) or elsewhere > LARGEST:
        raise ExportError(
            f"Stage C's activations reach {max(stream, elsewhere):.3g} outside its last group of blocks, more than 16 bits"
            f" hold ({LARGEST}): export it with --precision fp32"
        )
    divisor = divisor_for(stream)
    divide(source.stage_c, divisor)
    progress(f"Stage C's last group: activations up to {stream:.3g}, divided by {divisor}")


def divisor_for(largest: float) -> int:
    """Returns the power of two that leaves ROOM above the largest activation."""
    return 2 ** max(0, math.ceil(math.log2(max(largest, 1e-9) * ROOM / LARGEST)))


@torch.no_grad()
def activations(source) -> tuple[float, float]:
    """Runs the prior; returns the largest activation in the stream of the last group, and anywhere else between blocks."""
    from wurstchen_export.families.stable_cascade.reference import Pipelines

    prior, largest = Pipelines(source), {True: 0.0, False: 0.0}

    def note(in_stream: bool) -> Callable:
        def hook(_module, _inputs, output: Tensor):
            found = output.abs().max().item()
            largest[in_stream] = max(largest[in_stream], found if math.isfinite(found) else math.inf)

        return hook

    with contextlib.ExitStack() as stack:
        for module, in_stream in _watched(source.stage_c):
            stack.callback(module.register_forward_hook(note(in_stream)).remove)
        for seed, (prompt, negative) in enumerate(PROMPTS):
            request = PictureRequest(prompt, negative, SIDE, SIDE, seed, STEPS, GUIDANCE)
            prior.stage_c_latents(request, torch.Generator("cpu").manual_seed(seed))
    return largest[True], largest[False]


def _watched(model: nn.Module) -> Iterator[tuple[nn.Module, bool]]:
    """Yields the modules whose outputs a 16-bit graph stores, and whether they are in the stream of the last group."""
    last = {module for part in _group(model) for module in part.modules()}
    for module in model.modules():
        if type(module).__name__ in (RESIDUAL, TIMESTEP, ATTENTION):
            yield module, module in last
        if type(module).__name__ == RESIDUAL:
            yield module.depthwise, module in last
            yield module.channelwise[0], False
    for scaler in (*model.down_downscalers, *model.up_upscalers):
        if not isinstance(scaler, nn.Identity):
            yield scaler[1], scaler[1] in last


def _group(model: nn.Module) -> list[nn.Module]:
    """What writes to the stream: the last group's way in, its blocks and what stands between their repeats."""
    entrance = [model.up_upscalers[-2][1]] if len(model.up_upscalers) > 1 else []
    return [*entrance, *model.up_blocks[-1], *model.up_repeat_mappers[-1]]


@torch.no_grad()
def divide(model: nn.Module, divisor: int) -> None:
    """Divides the stream in place, and notes the divisor for the graphs' layer norms (Network)."""
    if divisor == 1:
        return
    if len(model.up_upscalers) < 2:
        raise ExportError("Stage C has one level only, whose stream cannot be divided: export it with --precision fp32")
    for layer in model.up_upscalers[-2][1].modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            _divide(divisor, layer.weight, layer.bias)
    for mapper in model.up_repeat_mappers[-1]:
        _divide(divisor, mapper.bias)
    for block in model.up_blocks[-1]:
        kind = type(block).__name__
        if kind == RESIDUAL:
            _divide(divisor, block.depthwise.bias, block.channelwise[4].weight, block.channelwise[4].bias)
        elif kind == ATTENTION:
            out = block.attention.to_out[0]
            _divide(divisor, out.weight, out.bias)
        else:
            for mapper in (block.mapper, *(getattr(block, f"mapper_{name}") for name in block.conds)):
                channels = mapper.out_features // 2
                _divide(divisor, mapper.weight[channels:], mapper.bias[channels:])
    model.stream_divisor = getattr(model, "stream_divisor", 1) * divisor


def _divide(divisor: int, *tensors: Tensor) -> None:
    for tensor in tensors:
        tensor.div_(divisor)
