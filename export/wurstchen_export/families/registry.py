"""Finds families by name, and the family of a model on disk."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

import wurstchen_export.families as package
from wurstchen_export.errors import ExportError
from wurstchen_export.families.family import Family
from wurstchen_export.model.source import COMPRESSOR_FOLDER, read_json


@cache
def _package_families(names: tuple[str, ...]) -> dict[str, Family]:
    found = {}
    for name in names:
        family = importlib.import_module(f"{package.__name__}.{name}").FAMILY
        found[family.name] = family
    return found


def families() -> dict[str, Family]:
    """Returns every family by its name: the ``FAMILY`` of each package below this one."""
    return _package_families(tuple(entry.name for entry in pkgutil.iter_modules(package.__path__) if entry.ispkg))


def family(name: str) -> Family:
    """Raises ExportError if there is no family of this name."""
    found = families()
    if name not in found:
        raise ExportError(f"unknown family {name!r}; known are {', '.join(sorted(found))}")
    return found[name]


def find_source(source: Path | None, prior: Path | None = None, decoder: Path | None = None):
    """Returns the model in ``source/prior`` and ``source/decoder``, or in the folders ``prior`` and ``decoder``.

    The classes of its pipelines decide the family. Raises ExportError if they are of none, or of two.
    """
    if source is None and (prior is None or decoder is None):
        raise ExportError(
            "no model given: pass --source DIR (with DIR/prior and DIR/decoder),"
            " or both --prior DIR and --decoder DIR"
        )
    if source is not None and not source.is_dir():
        raise ExportError(f"--source {source} is not a folder")
    prior, decoder = prior or source / "prior", decoder or source / "decoder"
    of_prior = _family_of(prior, "--prior", "prior_class")
    of_decoder = _family_of(decoder, "--decoder", "decoder_class")
    if of_prior is not of_decoder:
        raise ExportError(
            f"{prior} is of the family {of_prior.name}, {decoder} of {of_decoder.name}: name two pipelines of one family"
        )
    compressor = None if source is None else source / COMPRESSOR_FOLDER
    return of_prior.source(prior, decoder, compressor if compressor is not None and compressor.is_dir() else None)


def _family_of(folder: Path, option: str, attribute: str) -> Family:
    if not folder.is_dir():
        raise ExportError(
            f"{folder} is not a folder: --source wants DIR/prior and DIR/decoder;"
            " name others with --prior and --decoder"
        )
    if not (folder / "model_index.json").exists():
        found = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise ExportError(f"{folder} lacks model_index.json (found: {found}); {option} must be a whole pipeline's folder")
    index = read_json(folder / "model_index.json")
    found = index.get("_class_name") if isinstance(index, dict) else None
    wanted = {getattr(family, attribute): family for family in families().values()}
    if found not in wanted:
        raise ExportError(f"{folder} holds a {found}; {option} must be one of {', '.join(sorted(wanted))}")
    return wanted[found]
