"""The reference's classes, found in the installed release of diffusers or transformers."""

from __future__ import annotations

import importlib
from types import ModuleType

PLACES = ("diffusers.pipelines.wuerstchen", "diffusers.pipelines.deprecated.wuerstchen")


def wuerstchen() -> ModuleType:
    """Returns the package with WuerstchenPrior, WuerstchenDiffNeXt and PaellaVQModel."""
    for place in PLACES:
        try:
            return importlib.import_module(place)
        except ModuleNotFoundError:
            continue
    raise ImportError(
        f"this release of diffusers has no Würstchen (looked in {', '.join(PLACES)}); 0.33.1 and 0.42.1 have"
    )


def clip_tokenizer() -> type:
    """Returns transformers' fast CLIP tokenizer. Release 5 has only fast ones, without the suffix in the name."""
    transformers = importlib.import_module("transformers")
    return getattr(transformers, "CLIPTokenizerFast", None) or transformers.CLIPTokenizer
