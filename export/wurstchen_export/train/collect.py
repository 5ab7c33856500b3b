"""Packs parts, logs and sheets into a split tar file, for machines that return few files of limited size.

Unpack with: cat parts.tar.* | tar x
"""

import argparse
import io
import tarfile
from pathlib import Path

PIECE_BYTES = 15 * 2**20
PATTERNS = ("*.safetensors", "*.log", "*/log.jsonl", "*.png", "prompts.json", "plan.json", "judge*")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--parts", type=Path, required=True, help="folder that a stage trained in")
    parser.add_argument("--out", type=Path, required=True, help="folder of the pieces; what it holds is replaced")


def collect(folder: Path, out: Path) -> list[Path]:
    """Writes OUT/parts.tar.00, .01 and so on; returns them."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for path in sorted({path for pattern in PATTERNS for path in folder.glob(pattern) if path.is_file()}):
            tar.add(path, str(path.relative_to(folder)))
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("parts.tar.*"):
        old.unlink()
    data, pieces = whole.getvalue(), []
    for number, start in enumerate(range(0, len(data), PIECE_BYTES)):
        pieces.append(out / f"parts.tar.{number:02d}")
        pieces[-1].write_bytes(data[start : start + PIECE_BYTES])
    return pieces


def run(args: argparse.Namespace) -> Path:
    """Writes the pieces; returns their folder."""
    collect(args.parts, args.out)
    return args.out
