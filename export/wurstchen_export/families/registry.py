"""Finds families by name, and the family of a model on disk."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

import wurstchen_export.families as package
from wurstchen_export.errors import ExportError
from wurstchen_export.families.family import Family
from wurstchen_export.model.json_file import read_json
from wurstchen_export.model.parts import Choice
from wurstchen_export.model.source import COMPRESSOR_FOLDER


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


def find_source(
    source: Path | None,
    prior: Path | None = None,
    decoder: Path | None = None,
    variant: str | None = None,
    lite: bool = False,
):
    """Returns the model in ``source/prior`` and ``source/decoder``, or in the folders ``prior`` and ``decoder``.

    Each of the last two may also be a network alone, a folder with config.json or a file of weights, that takes the place
    of that of the pipeline below ``source``. variant, lite: see parts.Choice. The classes of the pipelines decide the
    family. Raises ExportError if they are of none, or of two.
    """
    if source is None and (prior is None or decoder is None):
        raise ExportError(
            "no model given: pass --source DIR (with DIR/prior and DIR/decoder),"
            " or both --prior DIR and --decoder DIR"
        )
    if source is not None and not source.is_dir():
        raise ExportError(f"--source {source} is not a folder")
    prior, prior_network = _pipeline_and_network(source, prior, "prior")
    decoder, decoder_network = _pipeline_and_network(source, decoder, "decoder")
    of_prior = _family_of(prior, "--prior", "prior_class")
    of_decoder = _family_of(decoder, "--decoder", "decoder_class")
    if of_prior is not of_decoder:
        raise ExportError(
            f"{prior} is of the family {of_prior.name}, {decoder} of {of_decoder.name}: name two pipelines of one family"
        )
    compressor = None if source is None else source / COMPRESSOR_FOLDER
    choice = Choice(variant, lite, prior_network, decoder_network)
    has_compressor = compressor is not None and compressor.is_dir()
    return of_prior.source(prior, decoder, compressor if has_compressor else None, choice)


def _pipeline_and_network(source: Path | None, given: Path | None, name: str) -> tuple[Path, Path | None]:
    """Returns the pipeline's folder and, if what is given is a network alone, that."""
    if given is None:
        return source / name, None
    is_network = given.is_file() or ((given / "config.json").is_file() and not (given / "model_index.json").exists())
    if not is_network:
        return given, None
    if source is None:
        raise ExportError(f"--{name} {given} is a network alone: pass --source with the pipelines that it is for")
    return source / name, given


def _family_of(folder: Path, option: str, attribute: str) -> Family:
    if not folder.is_dir():
        raise ExportError(
            f"{folder} is not a folder: --source wants DIR/prior and DIR/decoder;"
            " name others with --prior and --decoder"
        )
    if not (folder / "model_index.json").exists():
        found = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise ExportError(f"{folder} lacks model_index.json (found: {found}); {option} must be a whole pipeline's folder")
    found = read_json(folder / "model_index.json").get("_class_name")
    wanted = {getattr(family, attribute): family for family in families().values()}
    if found not in wanted:
        raise ExportError(f"{folder} holds a {found}; {option} must be one of {', '.join(sorted(wanted))}")
    return wanted[found]
