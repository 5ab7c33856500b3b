"""Token ids of many captions of every picture on every background, so that training draws captions on its device."""

import random
import tempfile
from pathlib import Path

import numpy as np
import torch

from ..wuerstchen_classes import clip_tokenizer
from .artwork import TOKENIZER_FILES, ArtworkFolder
from .captions import BARE_SHARE, caption_of, white_share
from .pictures import Pictures
from .variation import UNDESCRIBED
from .vocabulary import Vocabulary

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
    """ids: int16 [pictures, colours + 1, variants, length] on the pictures' device; the last colour is none named."""

    def __init__(self, pictures: Pictures, tokens: Tokens, variants: int, seed: int):
        source = random.Random(seed)
        self.colours = len(pictures.colours)
        self.white = pictures.colour_names.index("white")
        ids = np.empty((len(pictures), self.colours + 1, variants, tokens.length), dtype=np.int16)
        for which in range(len(pictures)):
            for colour in range(self.colours + 1):
                named = colour if colour < self.colours else None
                for variant in range(variants):
                    ids[which, colour, variant] = self._row(pictures, tokens, which, named, source)
        self.ids = torch.from_numpy(ids).to(pictures.artwork.device)
        self.empty = tokens.rows([""]).to(self.ids)

    @staticmethod
    def _row(pictures, tokens, which, colour, source) -> list[int]:
        for _ in range(TRIES):
            caption = caption_of(pictures, which, colour, source)
            row = tokens.row(caption)
            if row is not None:
                return row
        raise ValueError(f"no caption fits into {tokens.length} tokens, such as {caption!r}: raise --text-length")

    def draw(self, which: torch.Tensor, colours: torch.Tensor, dropped: float) -> torch.Tensor:
        """int64 [B,length]: a random caption of each picture; a share `dropped` of them is empty, for guidance.

        So is that of a picture whose colour is UNDESCRIBED.
        """
        device, count = which.device, len(which)
        bare = (colours == self.white) & (torch.rand(count, device=device) < BARE_SHARE / white_share(self.colours))
        variant = torch.randint(self.ids.shape[2], (count,), device=device)
        rows = self.ids[which, torch.where(bare, self.colours, colours), variant]
        empty = (torch.rand(count, device=device) < dropped) | (colours == UNDESCRIBED)
        return torch.where(empty[:, None], self.empty, rows).long()
