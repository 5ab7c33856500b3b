"""Writes a bundle: a folder with the graphs, the tokenizers and the manifest."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from wurstchen_export import contract, manifest, onnx_writer, wrappers
from wurstchen_export.errors import ExportError
from wurstchen_export.manifest import Defaults, Provenance
from wurstchen_export.source import Source


@dataclass(frozen=True)
class Options:
    """How a bundle is written.

    precision: what the graphs compute in. weights: how their weights are stored; ``fp16`` with ``fp32`` precision
    halves the files, rounds the weights once and computes as before.
    """

    precision: str = "fp32"
    weights: str = "fp32"
    force: bool = False


def export(
    source: Source,
    out: Path,
    provenance: Provenance,
    defaults: Defaults = Defaults(),
    options: Options = Options(),
    progress: Callable[[str], None] = print,
) -> None:
    """Writes the bundle to ``out``, whole or not at all.

    Raises ExportError when ``out`` exists and may not be replaced, or when a graph does not come out as the contract
    says.
    """
    out = Path(out).absolute()
    check_target(out, options.force)
    staging = out.parent / f".{out.name}.partial"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        staging.mkdir(parents=True)
    except OSError as error:
        raise ExportError(f"cannot write beside {out}: {error.strerror}; name a folder that you may write to") from None
    try:
        _fill(source, staging, options, progress)
        weights = "fp16" if options.precision == "fp16" else options.weights
        manifest.write(staging, manifest.build(source, staging, provenance, defaults, options.precision, weights))
        _replace(staging, out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    progress(f"wrote {out} ({size / 1e6:.1f} MB)")


def check_target(out: Path, force: bool) -> None:
    """Refuses to overwrite anything but an older bundle, and that only when asked to."""
    if not out.exists():
        return
    if not out.is_dir():
        raise ExportError(f"--out {out} is a file; name a folder")
    if not any(out.iterdir()):
        return
    if not is_bundle(out):
        raise ExportError(f"--out {out} is not empty and holds no bundle; name a new or an empty folder")
    if not force:
        raise ExportError(f"--out {out} already holds a bundle; pass --force to replace it")


def is_bundle(folder: Path) -> bool:
    try:
        found = json.loads((folder / manifest.MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("format") == contract.FORMAT


def _fill(source: Source, folder: Path, options: Options, progress: Callable[[str], None]) -> None:
    store_half = options.weights == "fp16" and options.precision == "fp32"
    if store_half:
        source.round_weights()
    builders = wrappers.builders(source, options.precision, keep_apart=store_half)
    for index, (name, build) in enumerate(builders.items(), start=1):
        started = time.monotonic()
        onnx_writer.write(build(), folder, "fp16" if store_half else "fp32")
        size = sum(path.stat().st_size for path in folder.glob(f"{name}.onnx*"))
        progress(f"[{index}/{len(builders)}] {name}: {size / 1e6:.1f} MB in {time.monotonic() - started:.1f} s")
    for side, owner in (("c", source.stage_c_folder), ("b", source.stage_b_folder)):
        _copy_tokenizer(owner / "tokenizer", folder / f"tokenizer_{side}")


def _copy_tokenizer(source: Path, target: Path) -> None:
    """Copies the tokenizer's files as they are, and nothing else that may lie beside them."""
    target.mkdir()
    found = [name for name in manifest.TOKENIZER_FILES if (source / name).is_file()]
    if "tokenizer.json" not in found and not {"vocab.json", "merges.txt"} <= set(found):
        raise ExportError(
            f"{source} has neither tokenizer.json nor vocab.json with merges.txt (found: {', '.join(found) or 'none'})"
        )
    for name in found:
        shutil.copyfile(source / name, target / name)


def _replace(staging: Path, out: Path) -> None:
    """Puts the finished folder in place; the old one is moved aside first and comes back if that fails."""
    old = out.parent / f".{out.name}.old"
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    try:
        staging.rename(out)
    except OSError:
        if old.exists():
            old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)
