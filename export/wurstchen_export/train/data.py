"""Renders the pictures with Node and learns the tokenizer's vocabulary from their captions.

Needs `npm install` in wurstchen_export/data first (or --node-modules with a folder that holds the packages).
"""

import argparse
import subprocess
from pathlib import Path

from .captions import every_caption
from .options import CONCEPTS
from .pictures import Pictures
from .vocabulary import write_tokenizer

SCRIPT = CONCEPTS.parent / "render.mjs"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder for pictures, index.json and tokenizer")
    parser.add_argument("--styles", default="fluent-emoji-flat", help="icon sets joined by commas")
    parser.add_argument("--size", type=int, default=256, help="side of a picture in pixels (default 256)")
    parser.add_argument("--concepts", default=str(CONCEPTS), help="concepts file, or `all`")
    parser.add_argument("--node-modules", type=Path, help="node_modules folder (default: beside the script)")


def run(args: argparse.Namespace) -> Path:
    """Renders the pictures, unless they are there, and writes the tokenizer; returns the folder."""
    if not (args.out / "index.json").exists():
        command = ["node", str(SCRIPT), str(args.out), "--size", str(args.size), "--styles", args.styles]
        if args.node_modules:
            command += ["--modules", str(args.node_modules)]
        subprocess.run(command, check=True)
    pictures = Pictures(args.out, None if args.concepts == "all" else Path(args.concepts))
    write_tokenizer(every_caption(pictures.concepts, pictures.styles), args.out / "tokenizer")
    return args.out
