"""Real renders to which `evaluate` compares a model's pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from wurstchen_export.errors import ExportError
from wurstchen_export.evaluate.judge.labels import Labels
from wurstchen_export.evaluate.pictures import resized
from wurstchen_export.evaluate.prompts import Prompt

COMMAND = "python -m wurstchen_export train data --out FOLDER"


class Renders:
    """The training data's pictures as pixels at the size that the model makes."""

    def __init__(self, data: Path | None, labels: Labels, size: tuple[int, int]):
        """Raises ExportError if the data is missing, or if the judge was trained on another data set."""
        from wurstchen_export.train.dataset.pictures import Pictures

        if data is None:
            raise ExportError(
                f"the reconstructions need the pictures of the training data: make them with `{COMMAND}` and pass"
                " --data FOLDER, or pass --prompts-only to leave them out"
            )
        if not data.exists():
            raise ExportError(f"--data {data} does not exist: make it with `{COMMAND}`")
        try:
            self.pictures = Pictures(data, None)
        except ValueError as error:
            raise ExportError(str(error)) from None
        _check_same(data, Labels.of(self.pictures), labels)
        self.size = size
        self.number = {(self.pictures.hexcode(i), self.pictures.style(i)): i for i in range(len(self.pictures))}

    def held_out(self) -> list[Prompt]:
        """Returns a prompt for each held-out picture, in the form of training captions; backgrounds alternate."""
        from wurstchen_export.train.dataset.captions import STYLED, fill

        found = []
        for which in [i for i, held in enumerate(self.pictures.held_out) if held]:
            concept, style = self.pictures.concepts[self.pictures.concept_of[which]], self.pictures.style(which)
            background = self.pictures.colour_names[len(found) % len(self.pictures.colour_names)]
            text = fill(STYLED[0], concept.with_article, concept.names[0], background, style)
            found.append(Prompt(concept.hexcode, style, background, True, text))
        return found

    def drawn(self, prompts: list[Prompt], seed: int) -> np.ndarray:
        """Renders the prompts' content at random positions and sizes as in training: [N,3,H,W] in [0,1]."""
        from wurstchen_export.train.dataset.pictures import random_placement

        which = torch.tensor([self.number[prompt.hexcode, prompt.style] for prompt in prompts])
        colours = torch.tensor([self.pictures.colour_names.index(prompt.background) for prompt in prompts])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            places = random_placement(len(prompts))
        return resized(self.pictures.compose(which, colours, places).numpy(), self.size)


def _check_same(data: Path, found: Labels, expected: Labels) -> None:
    if found != expected:
        what = "pictures" if found.pictures != expected.pictures else "classes or colours"
        raise ExportError(
            f"the judge was trained on other {what} than {data} holds (digest {expected.pictures[:12]}, not"
            f" {found.pictures[:12]}): make that data again, or train a judge on this"
        )
