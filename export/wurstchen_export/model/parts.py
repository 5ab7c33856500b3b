"""Loads the parts of a pipeline, each from its own folder."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from torch import nn

from wurstchen_export.errors import ExportError
from wurstchen_export.model.classes import clip_tokenizer


def component(cls, folder: Path) -> nn.Module:
    """Loads a network of diffusers or transformers in float32 and evaluation mode."""
    return _loaded(folder, lambda: cls.from_pretrained(str(folder)), cls.__name__).float().eval()


def text_encoder(folder: Path) -> nn.Module:
    from transformers import CLIPTextModel, logging

    # The prior's folder holds a CLIPTextModelWithProjection. Its projection is not used; the warning about the
    # unused weights is suppressed.
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        return component(CLIPTextModel, folder)
    finally:
        logging.set_verbosity(verbosity)


def tokenizer(folder: Path):
    return _loaded(folder, lambda: clip_tokenizer().from_pretrained(str(folder)), "the tokenizer")


def scheduler(folder: Path):
    from diffusers import DDPMWuerstchenScheduler

    load = lambda: DDPMWuerstchenScheduler.from_pretrained(str(folder))
    return _loaded(folder, load, "DDPMWuerstchenScheduler")


def _loaded(folder: Path, load: Callable, what: str):
    try:
        return load()
    except ExportError:
        raise
    except Exception as error:  # the libraries raise many types for damaged files
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ExportError(f"cannot load {what} from {folder}: {reason}") from error
