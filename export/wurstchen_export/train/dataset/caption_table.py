"""Token ids of many captions of every picture on every background, so that training draws captions on its device."""

import math
import random
import tempfile
from pathlib import Path

import numpy as np
import torch

from wurstchen_export.model.classes import clip_tokenizer
from wurstchen_export.train.dataset.artwork import TOKENIZER_FILES, ArtworkFolder
from wurstchen_export.train.dataset.captions import (
    BARE_SHARE,
    STYLE_ONLY,
    STYLE_ONLY_ANY,
    STYLE_ONLY_BARE,
    caption_and_styled,
    fill,
    white_share,
)
from wurstchen_export.train.dataset.pictures import Pictures
from wurstchen_export.train.dataset.variation import UNDESCRIBED
from wurstchen_export.train.dataset.vocabulary import Vocabulary

TRIES = 50


def open_vocabulary(data: Path) -> Vocabulary:
    """The vocabulary in a folder that `train data` wrote, or in the file it packed."""
    source = ArtworkFolder.open(data)
    return Vocabulary(*(source.read(f"tokenizer/{name}").decode("utf-8") for name in ("vocab.json", "merges.txt")))


def open_tokenizer(data: Path):
    """The same as transformers' CLIP tokenizer."""
    source = ArtworkFolder.open(data)
    with tempfile.TemporaryDirectory() as folder:
        for name in TOKENIZER_FILES:
            (Path(folder) / name).write_bytes(source.read(f"tokenizer/{name}"))
        return clip_tokenizer().from_pretrained(folder)


class Tokens:
    """Token ids of captions in rows of one length."""

    def __init__(self, vocabulary: Vocabulary, length: int):
        self.vocabulary, self.length = vocabulary, length

    def row(self, caption: str) -> list[int] | None:
        """Start, the caption's tokens and ends up to the length; None if that leaves no place for a pad."""
        ids = [self.vocabulary.start, *self.vocabulary.tokens(caption)]
        return ids + [self.vocabulary.end] * (self.length - len(ids)) if len(ids) < self.length - 1 else None

    def rows(self, captions: list[str]) -> torch.Tensor:
        """int64 [B,length]. Raises ValueError for a caption that is too long."""
        rows = [self.row(caption) for caption in captions]
        if None in rows:
            raise ValueError(f"caption needs more than {self.length - 2} tokens: {captions[rows.index(None)]!r}")
        return torch.tensor(rows)


class CaptionTable:
    """ids: int16 [pictures, colours + 1, variants, length] on the pictures' device; the last colour is none named.

    styled: bool [pictures, colours + 1, variants], which of them name the style.
    style_only: share of captions that name no object; where it is above 0, they also describe pictures whose colour is
    UNDESCRIBED, which otherwise have none.
    """

    def __init__(self, pictures: Pictures, tokens: Tokens, variants: int, seed: int, style_only: float = 0.0):
        source = random.Random(seed)
        self.colours = len(pictures.colours)
        self.white = pictures.colour_names.index("white")
        ids = np.empty((len(pictures), self.colours + 1, variants, tokens.length), dtype=np.int16)
        styled = np.empty(ids.shape[:3], dtype=bool)
        for which in range(len(pictures)):
            for colour in range(self.colours + 1):
                named = colour if colour < self.colours else None
                for variant in range(variants):
                    place = which, colour, variant
                    ids[place], styled[place] = self._row(pictures, tokens, which, named, source)
        device = pictures.artwork.device
        self.ids, self.styled = torch.from_numpy(ids).to(device), torch.from_numpy(styled).to(device)
        self.empty = tokens.rows([""]).to(self.ids)
        self.style_only = style_only
        self.style_of = torch.tensor(pictures.style_of, device=device)
        self.style_ids = style_only_ids(pictures, tokens).to(self.ids) if style_only else None

    @staticmethod
    def _row(pictures, tokens, which, colour, source) -> tuple[list[int], bool]:
        for _ in range(TRIES):
            caption, styled = caption_and_styled(pictures, which, colour, source)
            row = tokens.row(caption)
            if row is not None:
                return row, styled
        raise ValueError(f"no caption fits into {tokens.length} tokens, such as {caption!r}: raise --text-length")

    def draw(self, which: torch.Tensor, colours: torch.Tensor, dropped: float) -> torch.Tensor:
        """int64 [B,length]: a random caption of each picture; a share `dropped` of them is empty, for guidance.

        So is that of a picture whose colour is UNDESCRIBED, unless there are captions of styles only.
        """
        return self.draw_with_style(which, colours, dropped)[0]

    def draw_with_style(self, which: torch.Tensor, colours: torch.Tensor, dropped: float):
        """The same, and which of them name the style, bool [B]."""
        device, count = which.device, len(which)
        bare = (colours == self.white) & (torch.rand(count, device=device) < BARE_SHARE / white_share(self.colours))
        variant = torch.randint(self.ids.shape[2], (count,), device=device)
        named, undescribed = torch.where(bare, self.colours, colours), colours == UNDESCRIBED
        rows, styled = self.ids[which, named, variant], self.styled[which, named, variant]
        empty = torch.rand(count, device=device) < dropped
        if self.style_ids is None:
            empty |= undescribed
        else:
            alone = (torch.rand(count, device=device) < self.style_only) | undescribed
            template = torch.randint(self.style_ids.shape[2], (count,), device=device)
            rows = torch.where(alone[:, None], self.style_ids[self.style_of[which], named, template], rows)
            styled = styled | alone
        return torch.where(empty[:, None], self.empty, rows).long(), styled & ~empty


def style_only_ids(pictures: Pictures, tokens: Tokens) -> torch.Tensor:
    """Token ids [styles, colours + 2, templates, length] of captions without an object; the last colour but one is none
    named, the last, at UNDESCRIBED, a background that has no name."""
    sets = [(STYLE_ONLY, colour) for colour in pictures.colour_names]
    sets += [(STYLE_ONLY_BARE, None), (STYLE_ONLY_ANY, None)]
    count = math.lcm(*(len(templates) for templates, _ in sets))
    captions = [
        fill(templates[i % len(templates)], "", "", colour, style)
        for style in pictures.styles
        for templates, colour in sets
        for i in range(count)
    ]
    return tokens.rows(captions).view(len(pictures.styles), len(sets), count, tokens.length)
