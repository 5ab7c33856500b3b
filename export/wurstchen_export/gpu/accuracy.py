"""Compares the error of a 16-bit bundle's latents with that of the reference in 16 bits, both against 32 bits.

Whole runs of Stage C and of Stage B on random weights of the published sizes, with the same noise: the Java library's
seeded noise is torch's. The library's latents come from raw float32 files, which its test class
``wurstchen.onnx.LatentDump`` writes. Stage B starts from semantic latents of noise, so that the error of Stage C is not
counted twice.
"""

from __future__ import annotations

import copy
import importlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn

from wurstchen_export.errors import ExportError
from wurstchen_export.gpu import full_size
from wurstchen_export.gpu.full_size import RandomSource
from wurstchen_export.model.source import Source
from wurstchen_export.model.tiny import Sizes

ALLOWED_RATIO = 1.5


@dataclass(frozen=True)
class Run:
    """The settings of both sides; the defaults of LatentDump."""

    prompt: str = "a photo of a cat on the grass"
    negative_prompt: str = "low quality, blurry"
    width: int = 1024
    height: int = 1024
    seed: int = 1
    stage_c_steps: int = 20
    stage_c_guidance: float = 4.0
    stage_b_steps: int = 6
    stage_b_guidance: float = 2.0


def main(
    latents: Path,
    run: Run,
    seed: int,
    device: str = "cuda",
    sizes: Sizes = full_size.FULL,
    progress: Callable[[str], None] = print,
) -> int:
    """Prints a table; returns 1 if the library's error is more than ALLOWED_RATIO times the reference's own.

    latents: folder with stage_c.f32 and stage_b.f32; seed: of the weights.
    """
    full_size.check_device(device)
    failed = False
    progress(f"{'stage':<8} {'library':>10} {'torch model in 16 bits':>23} {'torch all in 16 bits':>21} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        source = RandomSource.create(Path(folder), sizes, seed, device)
        for stage in ("c", "b"):
            found = _read(latents / f"stage_{stage}.f32", _shape(source, run, stage))
            exact = latents_of(source, run, stage, device, "none")
            model_half, all_half = (latents_of(source, run, stage, device, half) for half in ("model", "all"))
            errors = [relative_error(one, exact) for one in (found, model_half, all_half)]
            ratio = errors[0] / errors[1]
            failed |= not ratio <= ALLOWED_RATIO
            progress(f"{stage:<8} {errors[0]:>10.2e} {errors[1]:>23.2e} {errors[2]:>21.2e} {ratio:>6.2f}")
    progress(f"the library's error may be {ALLOWED_RATIO} times torch's: {'FAILED' if failed else 'ok'}")
    return 1 if failed else 0


def relative_error(found: Tensor, exact: Tensor) -> float:
    """Returns the relative root mean square error."""
    difference = found.double() - exact.double()
    return (difference.square().mean() / exact.double().square().mean()).sqrt().item()


def _read(path: Path, shape: list[int]) -> Tensor:
    try:
        values = np.fromfile(path, dtype="<f4")
    except FileNotFoundError:
        raise ExportError(f"{path} is missing: write it with wurstchen.onnx.LatentDump") from None
    if values.size != np.prod(shape):
        raise ExportError(f"{path} has {values.size} values, latents of shape {shape} have {np.prod(shape)}")
    return torch.from_numpy(values).reshape(shape)


def _shape(source: Source, run: Run, stage: str) -> list[int]:
    settings = source.pipeline_settings
    sides = [int(np.ceil(side / settings["resolution_multiple"])) for side in (run.height, run.width)]
    if stage == "c":
        return [1, source.stage_c.config.c_in, *sides]
    return [1, source.stage_b.config.c_in, *(int(side * settings["latent_dim_scale"]) for side in sides)]


@torch.no_grad()
def latents_of(source: Source, run: Run, stage: str, device: str, half: str) -> Tensor:
    """Returns the final latents of a run of the reference.

    half: ``none``; ``model``, where latents and schedule stay in float32; or ``all``, as diffusers runs a 16-bit
    pipeline, except that noise is drawn in float32.
    """
    dtype = torch.float32 if half == "none" else torch.float16
    latent_dtype = torch.float16 if half == "all" else torch.float32
    c = stage == "c"
    scheduler = source.scheduler_c if c else source.scheduler_b
    steps, guidance = (run.stage_c_steps, run.stage_c_guidance) if c else (run.stage_b_steps, run.stage_b_guidance)
    text = _text(source, run, stage, dtype, device)
    shape = _shape(source, run, stage)
    generator = torch.Generator("cpu").manual_seed(run.seed)
    model = _as(source.stage_c if c else source.stage_b, dtype)
    if c:
        predict = lambda x, ratio: model(x, ratio, text)
    else:
        semantic = _semantic_latents(source, run, device).to(dtype)
        predict = lambda x, ratio: model(x, ratio, semantic, clip=text)
    latents = torch.randn(shape, generator=generator).to(device, latent_dtype)
    scheduler.set_timesteps(steps, device=device)
    for timestep in scheduler.timesteps[:-1]:
        noise = torch.randn(shape, generator=generator).to(device, latent_dtype)
        ratio = timestep.to(latent_dtype).expand(2)
        predicted = predict(torch.cat([latents] * 2).to(dtype), ratio.to(dtype)).to(latent_dtype)
        positive, negative = predicted.chunk(2)
        predicted = torch.lerp(negative, positive, guidance)
        latents = _stepped(scheduler, predicted, ratio[:1], latents, noise)
    return latents.float().cpu()


def _semantic_latents(source: Source, run: Run, device: str) -> Tensor:
    """Returns semantic latents of noise for the text row and zeros for the negative row."""
    settings = source.pipeline_settings
    generator = torch.Generator("cpu").manual_seed(run.seed + 1)
    latents = torch.randn(_shape(source, run, "c"), generator=generator).to(device)
    semantic = latents * settings["latent_mean"] - settings["latent_std"]
    return torch.cat([semantic, torch.zeros_like(semantic)])


def _text(source: Source, run: Run, stage: str, dtype: torch.dtype, device: str) -> Tensor:
    tokenizer, encoder = (
        (source.tokenizer_c, source.text_encoder_c) if stage == "c" else (source.tokenizer_b, source.text_encoder_b)
    )
    tokens = tokenizer(
        [run.prompt, run.negative_prompt],
        padding="max_length",
        max_length=source.tokens,
        truncation=True,
        return_tensors="pt",
    ).to(device)
    return _as(encoder, dtype)(tokens.input_ids, attention_mask=tokens.attention_mask).last_hidden_state


def _as(model: nn.Module, dtype: torch.dtype) -> nn.Module:
    """Returns a copy of the model in 16 bits, or the model itself."""
    return model if dtype == torch.float32 else copy.deepcopy(model).to(dtype)


def _stepped(scheduler, predicted: Tensor, ratio: Tensor, latents: Tensor, noise: Tensor) -> Tensor:
    """Does the scheduler's step with the given noise."""
    module = importlib.import_module(type(scheduler).__module__)
    with mock.patch.object(module, "randn_tensor", lambda *_, **__: noise):
        return scheduler.step(predicted, ratio, latents).prev_sample
