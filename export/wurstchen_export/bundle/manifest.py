"""Writes ``model.json``: the bundle's format, origin and settings, and every file with size and hash."""

from __future__ import annotations

import datetime
import hashlib
import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path

from wurstchen_export.families import registry
from wurstchen_export.families.family import Defaults, TokenizerFolder
from wurstchen_export.graphs import contract

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


def build(source, folder: Path, provenance: Provenance, defaults: Defaults, precision: str, weights: str) -> dict:
    """Returns the manifest for the files in the folder; source: of a family."""
    family = registry.family(source.family)
    chosen, recommended = defaults.as_json()
    return {
        "format": contract.FORMAT,
        "format_version": contract.FORMAT_VERSION,
        "family": family.name,
        "name": provenance.name,
        "description": provenance.description,
        "precision": precision,
        "weights": weights,
        "provenance": provenance.as_json(),
        "geometry": family.geometry(source, defaults),
        "scales": family.scales(source),
        "schedules": {"stage_c": _schedule(source.scheduler_c), "stage_b": _schedule(source.scheduler_b)},
        "defaults": chosen,
        "recommended": recommended,
        "tokenizers": {entry.key: _tokenizer(entry) for entry in family.tokenizers(source)},
        **family.additions(source),
        "graphs": {name: spec.as_json() for name, spec in family.graphs(source).items()},
        "configs": family.configs(source),
        "files": files(folder),
    }


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


def _tokenizer(entry: TokenizerFolder) -> dict:
    tokenizer = entry.tokenizer
    return {"folder": entry.folder, "pad_token": tokenizer.pad_token, "max_length": tokenizer.model_max_length}
