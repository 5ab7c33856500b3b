"""The reference in float64, which tells how far its own float32 is from what its formulas say.

Early steps divide by nearly nothing (the square root of 1e-4 at a noise ratio of 1), and a trained model can magnify the
last bits of float32 to more than an exporter's tolerance. Two programs that round differently then differ by that much,
and neither is wrong.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
from typing import Callable, Iterator
from unittest import mock

import torch
from diffusers import DDPMWuerstchenScheduler
from torch import nn

from wurstchen_export.model.classes import wuerstchen
from wurstchen_export.model.source import Source

STAGES = ("stage_c", "stage_b", "stage_a", "compressor")


def in_double(source: Source) -> Source:
    """The same model with its stages in float64.

    Text encoders stay in float32, which is all that transformers' attention mask can do: both sides read the same
    hidden states.
    """
    exact = copy.copy(source)
    for name in STAGES:
        stage = getattr(source, name)
        exact.__dict__[name] = stage if stage is None else _doubled(stage)  # where cached_property looks
    return exact


def _doubled(stage: nn.Module) -> nn.Module:
    """A copy that computes in float64, whatever it or one of its layers is given."""
    stage = copy.deepcopy(stage).double()
    for module in stage.modules():
        module.register_forward_pre_hook(_cast, with_kwargs=True)
    if hasattr(stage, "gen_r_embedding"):
        # Sines of up to 10,000: in float32 they are off by 5e-4, but everybody computes them alike.
        embedding = stage.gen_r_embedding
        stage.gen_r_embedding = lambda ratio: embedding(ratio.float())
    return stage


def _cast(module: nn.Module, arguments: tuple, keywords: dict) -> tuple[tuple, dict]:
    return tuple(_double(value) for value in arguments), {name: _double(value) for name, value in keywords.items()}


def _double(value):
    return value.double() if torch.is_tensor(value) and value.is_floating_point() else value


@contextlib.contextmanager
def float32_noise() -> Iterator[None]:
    """While it lasts, pipelines and schedulers draw noise in float32, and hand it out in the type they were asked for.

    torch draws other numbers in float64.
    """
    classes = wuerstchen()
    drawing = (DDPMWuerstchenScheduler, classes.WuerstchenPriorPipeline, classes.WuerstchenDecoderPipeline)
    with contextlib.ExitStack() as stack:
        for module in {importlib.import_module(each.__module__) for each in drawing}:
            stack.enter_context(mock.patch.object(module, "randn_tensor", _in_float32(module.randn_tensor)))
        yield


def _in_float32(randn_tensor: Callable) -> Callable:
    return lambda *shape, dtype=None, **options: randn_tensor(*shape, dtype=torch.float32, **options).to(dtype)
