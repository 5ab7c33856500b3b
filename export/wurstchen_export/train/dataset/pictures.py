"""The training pictures: emoji artwork on plain backgrounds, scaled and shifted a little at random."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
import torch.nn.functional as F

from wurstchen_export.train.dataset.artwork import ArtworkFolder, decode, digest
from wurstchen_export.train.dataset.concepts import Concept, concepts_of_index, read_concepts

# Background colours, sRGB 0..255. Soft shades, so that a red apple still shows on red; each far from every other.
COLOURS = {
    "white": (255, 255, 255),
    "black": (24, 24, 28),
    "grey": (150, 152, 158),
    "red": (205, 45, 60),
    "orange": (255, 150, 50),
    "yellow": (255, 224, 90),
    "green": (70, 165, 85),
    "blue": (55, 110, 220),
    "purple": (135, 75, 175),
    "pink": (255, 170, 200),
    "cyan": (115, 220, 240),
    "teal": (20, 130, 135),
    "lime": (180, 235, 70),
    "brown": (125, 80, 50),
    "navy": (30, 45, 100),
    "beige": (235, 215, 180),
}

HELD_OUT_IN = 33  # one (emoji, style) pair in this many


def held_out(hexcode: str, style: str) -> bool:
    """Whether this emoji in this style is kept for tests: a function of the two names, so the same in every run."""
    number = int.from_bytes(hashlib.sha256(f"{hexcode} {style}".encode()).digest()[:8], "big")
    return number % HELD_OUT_IN == 0


class Pictures:
    """Artwork of the concepts, in every rendered style.

    folder: what `train data` wrote, or the one file that it packed.
    artwork: uint8 [N, 4, size, size], premultiplied RGBA; concept_of and style_of: N indices into concepts and styles.
    held_out: N booleans; a picture is held out when its (emoji, style) pair is and another style shows the same emoji,
    so that no emoji is missing from the training pictures. Training must use `seen` only.
    index_digest: names the set of pictures, for models that only fit one (a judge's classes).
    """

    def __init__(self, folder: Path, concepts_file: Path | None, device: str = "cpu"):
        source = ArtworkFolder.open(folder)
        index = source.index
        self.concepts: list[Concept] = read_concepts(concepts_file) if concepts_file else concepts_of_index(index)
        number = {concept.hexcode: i for i, concept in enumerate(self.concepts)}
        missing = number.keys() - {entry["hexcode"] for entry in index}
        if missing:
            raise ValueError(f"{folder} has no picture of {', '.join(sorted(missing))}: render it again")
        chosen = [entry for entry in index if entry["hexcode"] in number]
        self.styles: list[str] = sorted({entry["style"] for entry in chosen})
        self.concept_of: list[int] = [number[entry["hexcode"]] for entry in chosen]
        self.style_of: list[int] = [self.styles.index(entry["style"]) for entry in chosen]
        self.held_out = self._held_out()
        self.seen: list[int] = [which for which, held in enumerate(self.held_out) if not held]
        self.unseen: list[int] = [which for which, held in enumerate(self.held_out) if held]
        self.artwork = _decoded(source, chosen).to(device)
        self.index_digest = digest_of(chosen)
        self.colour_names = list(COLOURS)
        self.colours = torch.tensor(list(COLOURS.values()), dtype=torch.float32, device=device) / 255
        self.size = self.artwork.shape[-1]

    def __len__(self) -> int:
        return len(self.artwork)

    def hexcode(self, which: int) -> str:
        return self.concepts[self.concept_of[which]].hexcode

    def style(self, which: int) -> str:
        return self.styles[self.style_of[which]]

    def _held_out(self) -> list[bool]:
        by_hash = [held_out(self.hexcode(i), self.style(i)) for i in range(len(self.concept_of))]
        elsewhere = {concept for concept, held in zip(self.concept_of, by_hash, strict=True) if not held}
        return [held and concept in elsewhere for concept, held in zip(self.concept_of, by_hash, strict=True)]

    def compose(self, which, colours, placement, corner=None, side=None, turn=None):
        """Draws artwork on backgrounds.

        which, colours: int64 [B]; placement: [B,3] of scale, x shift, y shift (shifts as parts of the side);
        corner: int64 [B,2] (x, y) and side: cut this square instead of the whole picture;
        turn: [B,2,2], from places (x, y) in the picture to those in the artwork, both from the middle.
        Returns float32 [B,3,side,side] in [0,1].
        """
        side = side or self.size
        corner = torch.zeros(len(which), 2, device=which.device) if corner is None else corner.float()
        zoom = side / self.size
        centre = (corner + side / 2) / self.size * 2 - 1
        scale, shift = placement[:, :1], placement[:, 1:] * 2
        offset = (centre - shift) / scale
        turn = torch.eye(2, device=which.device).expand(len(which), 2, 2) if turn is None else turn
        theta = torch.cat([turn * (zoom / scale)[:, :, None], turn @ offset[:, :, None]], 2)
        grid = F.affine_grid(theta, (len(which), 4, side, side), align_corners=False)
        drawn = F.grid_sample(self.artwork[which].float() / 255, grid, align_corners=False)
        background = self.colours[colours][:, :, None, None]
        return (drawn[:, :3] + background * (1 - drawn[:, 3:])).clamp(0, 1)


def random_placement(count: int, strength: float = 1.0, device: str = "cpu") -> torch.Tensor:
    """Random scale in 0.82..1.0 and shifts within 3 % of the side (at strength 1); [count,3]."""
    uniform = torch.rand(count, 3, device=device)
    scale = 0.91 + (uniform[:, :1] - 0.5) * 0.18 * strength
    return torch.cat([scale, (uniform[:, 1:] - 0.5) * 0.06 * strength], 1)


def central_placement(count: int, device: str = "cpu") -> torch.Tensor:
    """The middle of random_placement's range, for tests; [count,3]."""
    return torch.tensor([[0.91, 0.0, 0.0]], device=device).expand(count, 3)


def digest_of(entries: list[dict]) -> str:
    """SHA-256 of what an index's pictures are, in its order."""
    lines = [[entry["hexcode"], entry["style"], entry["sha256"]] for entry in entries]
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()


def _decoded(source: ArtworkFolder, entries: list[dict]) -> torch.Tensor:
    """All pictures, each held against its checksum; decoding releases Python's lock, so threads do."""

    def read(entry: dict) -> torch.Tensor:
        picture = decode(source.read(entry["file"]))
        if digest(picture) != entry.get("sha256"):
            raise ValueError(
                f"{source.path}: {entry['file']} differs from its checksum in index.json:"
                " make the data again (python -m wurstchen_export train data)"
            )
        return picture

    with ThreadPoolExecutor() as pool:
        return torch.stack(list(pool.map(read, entries)))
