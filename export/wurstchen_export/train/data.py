"""Renders the pictures with Node, removes near-duplicates, trains the tokenizer's vocabulary, and packs the data.

Needs `npm install` in wurstchen_export/train/dataset/data first (or --node-modules with a folder that holds the packages).
"""

import argparse
import json
import subprocess
from pathlib import Path

from wurstchen_export.train.dataset.artwork import INDEX, decode, digest, pack
from wurstchen_export.train.dataset.captions import every_caption
from wurstchen_export.train.dataset.concepts import CONCEPTS, DATA, read_concepts
from wurstchen_export.train.dataset.duplicates import near_duplicates
from wurstchen_export.train.dataset.pictures import Pictures
from wurstchen_export.train.dataset.vocabulary import write_tokenizer

SCRIPT = DATA / "render.mjs"
RENDERED = "rendered.json"  # written last by the script
ALL_STYLES = "fluent-emoji-flat,fluent-emoji,noto"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="folder for pictures, index.json and tokenizer")
    parser.add_argument("--styles", default=ALL_STYLES, help=f"icon sets joined by commas (default {ALL_STYLES})")
    parser.add_argument("--size", type=int, default=256, help="side of a picture in pixels (default 256)")
    parser.add_argument("--concepts", default="all", help="concepts file, or `all` (default)")
    parser.add_argument("--node-modules", type=Path, help="node_modules folder (default: beside the script)")
    parser.add_argument("--merges", type=int, default=4096, help="the tokenizer's merges at most (default 4096)")
    parser.add_argument("--pack", type=Path, help="also write everything as this one file, which --data accepts too")


def run(args: argparse.Namespace) -> Path:
    """Renders the pictures, unless they are there, and writes index.json and the tokenizer; returns the folder."""
    if not (args.out / INDEX).exists():
        if not (args.out / RENDERED).exists():
            render(args)
        write_index(args.out, json.loads((args.out / RENDERED).read_text(encoding="utf-8")))
    pictures = Pictures(args.out, None if args.concepts == "all" else Path(args.concepts))
    write_tokenizer(every_caption(pictures.concepts, pictures.styles), args.out / "tokenizer", args.merges)
    print(f"{len(pictures)} pictures of {len(pictures.concepts)} emoji, {len(pictures.unseen)} of them held out")
    if args.pack:
        pack(args.out, args.pack)
    return args.pack or args.out


def render(args: argparse.Namespace) -> None:
    command = ["node", str(SCRIPT), str(args.out), "--size", str(args.size), "--styles", args.styles]
    if args.node_modules:
        command += ["--modules", str(args.node_modules)]
    subprocess.run(command, check=True)


def write_index(folder: Path, entries: list[dict]) -> list[dict]:
    """Writes index.json: the entries without near-duplicates, each with its checksum; and dropped.json, the others.

    Returns the entries of index.json.
    """
    pictures = [decode((folder / entry["file"]).read_bytes()) for entry in entries]
    dropped = near_duplicates(entries, pictures, frozenset(concept.hexcode for concept in read_concepts(CONCEPTS)))
    kept = [
        {**entry, "sha256": digest(picture)}
        for i, (entry, picture) in enumerate(zip(entries, pictures, strict=True))
        if i not in dropped
    ]
    lines = [
        {"style": entries[i]["style"], "dropped": entries[i]["label"], "kept": entries[j]["label"], "difference": d}
        for i, (j, d) in sorted(dropped.items())
    ]
    (folder / "dropped.json").write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    (folder / INDEX).write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return kept
