"""Loads the parts of a pipeline from any layout in which they are released."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

from torch import nn

from wurstchen_export.errors import ExportError
from wurstchen_export.model import single_file
from wurstchen_export.model.classes import clip_tokenizer
from wurstchen_export.model.json_file import read_json

WEIGHTS = re.compile(
    r"(?:diffusion_pytorch_model|pytorch_model|model)"
    r"(?:\.(?P<variant>\w+))?(?:-\d+-of-\d+)?(?:\.(?P<last>\w+))?\.(?:safetensors|bin)"
)
"""A file of weights as diffusers and transformers name it; in shards, the variant stands before or behind the numbers."""


OTHER_SIZE = re.compile(r"because (?P<name>\S+) expected shape (?P<expected>.+?), but got (?P<found>.+?)\. If you")
"""What diffusers says of a weight whose shape is not the configuration's."""


@dataclass(frozen=True)
class Choice:
    """Which of a model's files are read.

    variant: ``fp16`` or ``bf16`` where a part has such files; lite: the smaller networks; prior, decoder: a network's own
    folder or file of weights, in the place of the pipeline's.
    """

    variant: str | None = None
    lite: bool = False
    prior: Path | None = None
    decoder: Path | None = None


def network(cls, folders: Sequence[Path], replacement: Path | None, variant: str | None) -> nn.Module:
    """Loads a network from the first of the folders, or from its replacement: a folder, or a file of weights.

    A file has no configuration: it is that of the first folder that fits.
    """
    if replacement is None or replacement.is_dir():
        return component(cls, replacement or folders[0], variant)
    return _loaded(replacement, lambda: single_file.load(cls, folders, replacement), cls.__name__).float().eval()


def component(cls, folder: Path, variant: str | None = None) -> nn.Module:
    """Loads a network of diffusers or transformers in float32 and evaluation mode."""
    _check_class(cls, folder)
    found = _variant_in(folder, variant)
    options = _older_names(folder) | ({} if found is None else {"variant": found})
    return _loaded(folder, lambda: cls.from_pretrained(str(folder), **options), cls.__name__).float().eval()


def _variant_in(folder: Path, wanted: str | None) -> str | None:
    """Returns the wanted variant if the folder has it, None if it has files without one."""
    names = [WEIGHTS.fullmatch(path.name) for path in folder.iterdir()] if folder.is_dir() else []
    found = {match["variant"] or match["last"] for match in names if match}
    if wanted in found or None in found or not found:
        return wanted if wanted in found else None
    variants = ", ".join(sorted(found))
    raise ExportError(f"{folder} has its weights only as variant {variants}; pass --variant with one of these")


def _check_class(cls, folder: Path) -> None:
    path = folder / "config.json"
    if not path.is_file():
        return  # the library says what is missing
    config = read_json(path)
    named = config.get("_class_name") or next(iter(config.get("architectures") or []), None)
    # transformers reads any CLIP's files as its text or image half.
    both_clip = named is not None and named.startswith("CLIP") and cls.__name__.startswith("CLIP")
    if named is not None and not both_clip and named.lower() != cls.__name__.lower():
        raise ExportError(f"{path} is of the class {named}, expected {cls.__name__}: is it another model's folder?")


def _older_names(folder: Path) -> dict[str, int]:
    """Returns settings that an early config.json of Stable Cascade's decoder has by other names, and the class ignores."""
    path = folder / "config.json"
    config = read_json(path) if path.is_file() else {}
    return {"in_channels": config["c_in"]} if "c_in" in config and "down_num_layers_per_block" in config else {}


def text_encoder(folder: Path, variant: str | None = None) -> nn.Module:
    from transformers import CLIPTextModel, logging

    # The prior's folder holds a CLIPTextModelWithProjection. Its projection is not used; the warning about the
    # unused weights is suppressed.
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        return component(CLIPTextModel, folder, variant)
    finally:
        logging.set_verbosity(verbosity)


def tokenizer(folder: Path):
    return _loaded(folder, lambda: clip_tokenizer().from_pretrained(str(folder)), "the tokenizer")


def scheduler(folder: Path):
    from diffusers import DDPMWuerstchenScheduler

    load = lambda: DDPMWuerstchenScheduler.from_pretrained(str(folder))
    return _loaded(folder, load, "DDPMWuerstchenScheduler")


def _sides(shape: str) -> str:
    return shape[shape.rindex("[") :].rstrip(")")


def _loaded(place: Path, load: Callable, what: str):
    try:
        return load()
    except ExportError:
        raise
    except Exception as error:  # the libraries raise many types for damaged files
        size = OTHER_SIZE.search(str(error))
        if size:
            found, expected = (_sides(size[name]) for name in ("found", "expected"))
            raise ExportError(
                f"{place}: {size['name']} is {found}, by its config.json {expected}: weights of one size"
                " of model beside the configuration of another (full, lite); use the files of one"
            ) from error
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ExportError(f"cannot load {what} from {place}: {reason}") from error
