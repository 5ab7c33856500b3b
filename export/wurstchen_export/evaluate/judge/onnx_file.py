"""Turns a trained judge (judge.safetensors) into the graph that `evaluate` runs: judge.onnx and judge.json."""

import argparse
from pathlib import Path

from wurstchen_export.evaluate.judge import store


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--judge", type=Path, required=True, help="folder that `train judge` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder for judge.onnx and judge.json")


def run(args: argparse.Namespace) -> Path:
    """Writes the graph; returns its folder."""
    store.write_graph(args.judge, args.out)
    return args.out
