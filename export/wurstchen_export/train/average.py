"""Averages the weights of several runs that started from the same parts (model soups).

Such runs stay close in weight space but memorise different details, so that their mean often generalises better than
each of them. Source: Wortsman et al., "Model soups" (2022).
"""

import argparse
from pathlib import Path

import torch

from wurstchen_export.errors import ExportError
from wurstchen_export.train.engine.parts import load_part, part_file, save_state


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--parts", type=Path, nargs="+", required=True, metavar="FOLDER", help="folders of parts, two or more of them"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the averaged parts")


def average(folders: list[Path], out: Path) -> list[str]:
    """Writes the mean of every part that is in all folders; returns the names of the parts.

    Raises ExportError for fewer than two folders, when they have no part in common, and when a part differs in its
    architecture.
    """
    if len(folders) < 2:
        raise ExportError("--parts names one folder: an average needs two or more")
    names = sorted(set.intersection(*({file.stem for file in folder.glob("*.safetensors")} for folder in folders)))
    if not names:
        raise ExportError(f"{', '.join(map(str, folders))} have no part in common: name folders that runs trained in")
    out.mkdir(parents=True, exist_ok=True)
    for name in names:
        loaded = [load_part(folder, name) for folder in folders]
        _check_architecture(name, folders, [architecture for _, architecture in loaded])
        states = [state for state, _ in loaded]
        mean = {key: _mean([state[key] for state in states]) for key in states[0]}
        save_state(out, name, mean, loaded[0][1])
    return names


def _check_architecture(name: str, folders: list[Path], architectures: list[dict]) -> None:
    for folder, architecture in zip(folders, architectures):
        if architecture != architectures[0]:
            raise ExportError(
                f"{part_file(folder, name)} is {architecture}, and {part_file(folders[0], name)} is {architectures[0]}:"
                " only parts of one architecture have a mean"
            )


def _mean(tensors: list[torch.Tensor]) -> torch.Tensor:
    if all(torch.equal(tensor, tensors[0]) for tensor in tensors):
        return tensors[0]  # unchanged: a mean of negative zeros would be positive
    return torch.stack(tensors).mean(0)


def run(args: argparse.Namespace) -> Path:
    """Averages; returns the folder."""
    average(args.parts, args.out)
    return args.out
