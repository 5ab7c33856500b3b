"""The reference in float64, to measure the rounding error of the reference in float32.

The first steps divide by small numbers (the square root of 1e-4 at a noise ratio of 1), and a trained model can amplify
float32 rounding beyond the exporter's tolerance. Two correct programs that round differently then differ by as much.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
from typing import Callable, Iterator
from unittest import mock

import torch
from diffusers import DDPMWuerstchenScheduler, StableCascadeDecoderPipeline, StableCascadePriorPipeline
from torch import nn

from wurstchen_export.model.classes import wuerstchen
from wurstchen_export.model.source import Source

STAGES = ("stage_c", "stage_b", "stage_a", "compressor")
RATIO_EMBEDDINGS = ("gen_r_embedding", "get_timestep_ratio_embedding")
"""Methods of the families' networks that embed the noise ratio."""


def in_double(source: Source) -> Source:
    """Returns the same model with its stages in float64.

    Text encoders stay in float32, because transformers' attention mask supports no other type; both sides read the same
    hidden states.
    """
    exact = copy.copy(source)
    for name in STAGES:
        stage = getattr(source, name)
        exact.__dict__[name] = stage if stage is None else _doubled(stage)  # the cache of cached_property
    return exact


def _doubled(stage: nn.Module) -> nn.Module:
    """Returns a copy that computes in float64 and converts the inputs of all its layers."""
    stage = copy.deepcopy(stage).double()
    for module in stage.modules():
        module.register_forward_pre_hook(_cast, with_kwargs=True)
    for name in RATIO_EMBEDDINGS:
        if hasattr(stage, name):
            # Sines of up to 10,000 have an error of 5e-4 in float32, but both sides compute them alike.
            setattr(stage, name, _of_float32(getattr(stage, name)))
    return stage


def _of_float32(embedding: Callable) -> Callable:
    return lambda ratio: embedding(ratio.float())


def _cast(module: nn.Module, arguments: tuple, keywords: dict) -> tuple[tuple, dict]:
    return tuple(_double(value) for value in arguments), {name: _double(value) for name, value in keywords.items()}


def _double(value):
    return value.double() if torch.is_tensor(value) and value.is_floating_point() else value


@contextlib.contextmanager
def float32_noise() -> Iterator[None]:
    """Makes pipelines and schedulers draw noise in float32 and convert it to the requested type.

    torch draws other random numbers in float64.
    """
    classes = wuerstchen()
    drawing = (
        DDPMWuerstchenScheduler,
        classes.WuerstchenPriorPipeline,
        classes.WuerstchenDecoderPipeline,
        StableCascadePriorPipeline,
        StableCascadeDecoderPipeline,
    )
    with contextlib.ExitStack() as stack:
        for module in {importlib.import_module(each.__module__) for each in drawing}:
            stack.enter_context(mock.patch.object(module, "randn_tensor", _in_float32(module.randn_tensor)))
        yield


def _in_float32(randn_tensor: Callable) -> Callable:
    return lambda *shape, dtype=None, **options: randn_tensor(*shape, dtype=torch.float32, **options).to(dtype)
