"""The reference's classes, wherever the installed release of diffusers keeps them."""

from __future__ import annotations

import importlib
from types import ModuleType

PLACES = ("diffusers.pipelines.wuerstchen", "diffusers.pipelines.deprecated.wuerstchen")


def wuerstchen() -> ModuleType:
    """The package with WuerstchenPrior, WuerstchenDiffNeXt and PaellaVQModel."""
    for place in PLACES:
        try:
            return importlib.import_module(place)
        except ModuleNotFoundError:
            continue
    raise ImportError(
        f"this release of diffusers has no Würstchen (looked in {', '.join(PLACES)}); 0.33.1 and 0.42.1 have"
    )


def clip_tokenizer() -> type:
    """transformers' fast CLIP tokenizer; release 5 has no other kind and may drop the suffix."""
    transformers = importlib.import_module("transformers")
    return getattr(transformers, "CLIPTokenizerFast", None) or transformers.CLIPTokenizer
