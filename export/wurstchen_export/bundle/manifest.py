"""Writes ``model.json``: the bundle's format, origin and settings, and every file with size and hash."""

from __future__ import annotations

import datetime
import hashlib
import importlib.metadata
import json
import math
from dataclasses import dataclass
from pathlib import Path

from wurstchen_export.graphs import contract
from wurstchen_export.graphs.wrappers import Geometry
from wurstchen_export.model.source import Source, read_json

MANIFEST = "model.json"
TOOLS = ("torch", "diffusers", "transformers", "onnx", "onnxscript")
TOKENIZER_FILES = (
    "vocab.json",
    "merges.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
)
CONFIGS = (
    "prior/model_index.json",
    "prior/prior/config.json",
    "prior/scheduler/scheduler_config.json",
    "prior/text_encoder/config.json",
    "decoder/model_index.json",
    "decoder/decoder/config.json",
    "decoder/scheduler/scheduler_config.json",
    "decoder/text_encoder/config.json",
    "decoder/vqgan/config.json",
    "compressor/config.json",
)
"""The configuration files of a model. The last one exists only for models with a compressor."""


@dataclass(frozen=True)
class Provenance:
    """Facts about a model that its files do not contain."""

    name: str
    description: str
    source: str
    revision: str
    licence: str

    def as_json(self) -> dict:
        tools = {tool: importlib.metadata.version(tool) for tool in TOOLS}
        exported = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        return {
            "source": self.source,
            "revision": self.revision,
            "licence": self.licence,
            "exported": exported,
            "tools": tools,
        }


@dataclass(frozen=True)
class Defaults:
    """Default settings of a run, and the sizes that a model was trained for."""

    width: int = 1024
    height: int = 1024
    stage_c_steps: int = 60
    stage_c_guidance: float = 4.0
    stage_b_steps: int = 12
    stage_b_guidance: float = 0.0
    sizes: tuple[tuple[int, int], ...] = ()

    def as_json(self) -> tuple[dict, dict]:
        """Returns the manifest's ``defaults`` and ``recommended``."""
        defaults = {name: value for name, value in vars(self).items() if name != "sizes"}
        return defaults, {"sizes": [list(size) for size in self.sizes or ((self.width, self.height),)]}


def build(
    source: Source, folder: Path, provenance: Provenance, defaults: Defaults, precision: str, weights: str
) -> dict:
    """Returns the manifest for the files in the folder."""
    chosen, recommended = defaults.as_json()
    settings = source.pipeline_settings
    return {
        "format": contract.FORMAT,
        "format_version": contract.FORMAT_VERSION,
        "family": contract.FAMILY,
        "name": provenance.name,
        "description": provenance.description,
        "precision": precision,
        "weights": weights,
        "provenance": provenance.as_json(),
        "geometry": geometry(source, defaults),
        "scales": {
            "latent_mean": settings["latent_mean"],
            "latent_std": settings["latent_std"],
            "stage_a_scale": float(source.stage_a.config.scale_factor),
        },
        "schedules": {"stage_c": _schedule(source.scheduler_c), "stage_b": _schedule(source.scheduler_b)},
        "defaults": chosen,
        "recommended": recommended,
        "tokenizers": {
            "c": _tokenizer(source.tokenizer_c, "tokenizer_c"),
            "b": _tokenizer(source.tokenizer_b, "tokenizer_b"),
        },
        "graphs": {name: spec.as_json() for name, spec in contract.graphs(source.architecture).items()},
        "configs": configs(source),
        "files": files(folder),
    }


def geometry(source: Source, defaults: Defaults) -> dict:
    """Returns the factors between the sizes of pictures and of latents."""
    settings, multiples = source.pipeline_settings, Geometry.of(source)
    found = {
        "resolution_multiple": settings["resolution_multiple"],
        "latent_dim_scale": settings["latent_dim_scale"],
        "stage_c_channels": source.stage_c.config.c_in,
        "stage_b_channels": source.stage_b.config.c_in,
        "stage_b_multiple": multiples.stage_b_multiple,
        "stage_a_factor": multiples.stage_a_factor,
    }
    if source.compressor is not None:
        c_side = math.ceil(defaults.width / settings["resolution_multiple"])
        found["compressor_scale"] = multiples.compressor_multiple * c_side / defaults.width
    return found


def configs(source: Source) -> dict[str, dict]:
    """Returns the configuration files that `restore` writes, by their paths in the restored model."""
    found = {}
    for path in CONFIGS:
        folder, _, inner = path.partition("/")
        owner = {"prior": source.stage_c_folder, "decoder": source.stage_b_folder}.get(folder, source.compressor_folder)
        if owner is not None:
            found[path] = {key: value for key, value in read_json(owner / inner).items() if key != "_name_or_path"}
    return found


def files(folder: Path) -> list[dict]:
    """Lists every file of the folder but the manifest, sorted by path, with ``/`` in paths."""
    paths = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).as_posix() != MANIFEST
    )
    return [
        {"path": path.relative_to(folder).as_posix(), "size": path.stat().st_size, "sha256": sha256(path)}
        for path in paths
    ]


def sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write(folder: Path, manifest: dict) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _schedule(scheduler) -> dict:
    return {"s": float(scheduler.config.s), "scaler": float(scheduler.config.scaler)}


def _tokenizer(tokenizer, folder: str) -> dict:
    return {"folder": folder, "pad_token": tokenizer.pad_token, "max_length": tokenizer.model_max_length}
