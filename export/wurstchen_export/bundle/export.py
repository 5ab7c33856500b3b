"""Writes a bundle: a folder with the graphs, the tokenizers and the manifest."""

from __future__ import annotations

import dataclasses
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from wurstchen_export.bundle import manifest
from wurstchen_export.bundle.manifest import Provenance
from wurstchen_export.errors import ExportError
from wurstchen_export.families import registry
from wurstchen_export.families.family import Defaults
from wurstchen_export.graphs import contract, onnx_writer, wrappers
from wurstchen_export.graphs.onnx_writer import Stored
from wurstchen_export.model import weights


@dataclass(frozen=True)
class Options:
    """How a bundle is written.

    precision: the type in which the graphs compute. weights: the kind of stored weights, one of weights.KINDS; the
    model is rounded to it before tracing. Precision ``fp16`` implies weights ``fp16``, unless they are ``int8``.
    """

    precision: str = "fp32"
    weights: str = "fp32"
    force: bool = False

    @property
    def stored_weights(self) -> str:
        """The kind of stored weights after ``precision`` is considered."""
        return "fp16" if self.precision == "fp16" and self.weights == "fp32" else self.weights


def export(
    source,
    out: Path,
    provenance: Provenance,
    defaults: Defaults | None = None,
    options: Options = Options(),
    progress: Callable[[str], None] = print,
) -> None:
    """Writes the bundle of a source of any family to ``out``, whole or not at all.

    defaults: the family's if None.
    Raises ExportError when ``out`` exists and may not be replaced, or when a graph does not match the contract.
    """
    out, chosen = Path(out).absolute(), defaults or registry.family(source.family).defaults
    check_target(out, options.force)
    staging = out.parent / f".{out.name}.partial"
    shutil.rmtree(staging, ignore_errors=True)
    try:
        staging.mkdir(parents=True)
    except OSError as error:
        raise ExportError(f"cannot write beside {out}: {error.strerror}; name a folder that you may write to") from None
    try:
        _fill(source, staging, options, progress)
        content = manifest.build(source, staging, provenance, chosen, options.precision, options.stored_weights)
        manifest.write(staging, content)
        _replace(staging, out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    progress(f"wrote {out} ({size / 1e6:.1f} MB)")


def check_target(out: Path, force: bool) -> None:
    """Raises ExportError if ``out`` exists, unless it is a bundle and ``force`` is set."""
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


def _fill(source, folder: Path, options: Options, progress: Callable[[str], None]) -> None:
    kind, family = options.stored_weights, registry.family(source.family)
    source.round_weights(kind)
    family.prepare(source, options.precision, progress)
    # 8-bit weights are recognised in float32 modules, which are converted to 16 bits afterwards.
    traced_in = "fp32" if kind == "int8" else options.precision
    builders = family.builders(source, traced_in, keep_apart=kind != options.precision)
    written = {}
    for index, (name, build) in enumerate(builders.items(), start=1):
        started = time.monotonic()
        exportable, packed = build(), {}
        if kind == "int8":
            packed = weights.packed_buffers(exportable.module)
            if options.precision == "fp16":
                exportable = dataclasses.replace(exportable, module=wrappers.in_half(exportable.module))
        written[name] = onnx_writer.write(exportable, folder, kind, packed)
        seconds = time.monotonic() - started
        progress(f"[{index}/{len(builders)}] {name}: {written[name].bytes / 1e6:.1f} MB in {seconds:.1f} s")
    for entry in family.tokenizers(source):
        _copy_tokenizer(entry.source, folder / entry.folder)
    _report(written, progress)


def _report(written: dict[str, Stored], progress: Callable[[str], None]) -> None:
    """Prints the table of parameters and megabytes by part."""
    total = Stored(sum(part.parameters for part in written.values()), sum(part.bytes for part in written.values()))
    progress(f"{'part':<20} {'parameters':>14} {'MB':>9} {'bits each':>9}")
    for name, part in (*written.items(), ("all graphs", total)):
        bits = 8 * part.bytes / max(part.parameters, 1)
        progress(f"{name:<20} {part.parameters:>14,} {part.bytes / 1e6:>9.2f} {bits:>9.1f}")


def _copy_tokenizer(source: Path, target: Path) -> None:
    """Copies the tokenizer's files unchanged, and no other file of the folder."""
    target.mkdir()
    found = [name for name in manifest.TOKENIZER_FILES if (source / name).is_file()]
    if "tokenizer.json" not in found and not {"vocab.json", "merges.txt"} <= set(found):
        raise ExportError(
            f"{source} has neither tokenizer.json nor vocab.json with merges.txt (found: {', '.join(found) or 'none'})"
        )
    for name in found:
        shutil.copyfile(source / name, target / name)


def _replace(staging: Path, out: Path) -> None:
    """Renames the finished folder to its place. The old one is moved aside first and restored on failure."""
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
