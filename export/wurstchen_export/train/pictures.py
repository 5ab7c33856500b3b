"""The training pictures: emoji artwork on plain backgrounds, scaled and shifted a little at random."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

# Background colours, sRGB 0..255. Soft shades, so that a red apple still shows on red.
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
}


@dataclass(frozen=True)
class Concept:
    """One object: its emoji code points, the name with its article, and other names without one."""

    hexcode: str
    with_article: str
    names: tuple[str, ...]


def read_concepts(path: Path) -> list[Concept]:
    """Reads a concepts file: hexcode, name with article, other names joined by |; separated by tabs."""
    concepts = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 3:
            raise ValueError(f"{path}:{number}: expected 3 fields separated by tabs, got {len(fields)}")
        concepts.append(Concept(fields[0], fields[1], tuple(fields[2].split("|"))))
    return concepts


def concepts_of_index(index: list[dict]) -> list[Concept]:
    """Every rendered emoji as a concept named by its label (the full set; a concepts file picks a few)."""
    labels = {entry["hexcode"]: entry["label"].replace("\u2019", "'").lower() for entry in index}
    return [
        Concept(code, ("an " if label[0] in "aeiou" else "a ") + label, (label,)) for code, label in labels.items()
    ]


def held_out(concept: Concept, colour: int) -> bool:
    """Whether this object on this background is kept for tests: one pair in twenty, in every run and concepts file."""
    return (int(concept.hexcode.split("-")[0], 16) * 7 + colour * 3) % 20 == 11


class Pictures:
    """Artwork of the concepts, in every rendered style.

    artwork: uint8 [N, 4, size, size], premultiplied RGBA; concept_of and style_of: N indices into concepts and styles.
    """

    def __init__(self, folder: Path, concepts_file: Path | None, device: str = "cpu"):
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        self.concepts = read_concepts(concepts_file) if concepts_file else concepts_of_index(index)
        number = {concept.hexcode: i for i, concept in enumerate(self.concepts)}
        missing = number.keys() - {entry["hexcode"] for entry in index}
        if missing:
            raise ValueError(f"{folder} has no picture of {', '.join(sorted(missing))}: render it again")
        chosen = [entry for entry in index if entry["hexcode"] in number]
        self.styles = sorted({entry["style"] for entry in chosen})
        self.concept_of = [number[entry["hexcode"]] for entry in chosen]
        self.style_of = [self.styles.index(entry["style"]) for entry in chosen]
        self.artwork = torch.stack([premultiplied(folder / entry["file"]) for entry in chosen]).to(device)
        self.colour_names = list(COLOURS)
        self.colours = torch.tensor(list(COLOURS.values()), dtype=torch.float32, device=device) / 255
        self.size = self.artwork.shape[-1]

    def __len__(self) -> int:
        return len(self.artwork)

    def held_out_pairs(self) -> list[tuple[int, int]]:
        """(picture, colour) index pairs that training never sees."""
        return [
            (which, colour)
            for which in range(len(self))
            for colour in range(len(COLOURS))
            if held_out(self.concepts[self.concept_of[which]], colour)
        ]

    def compose(self, which, colours, placement, corner=None, side=None):
        """Draws artwork on backgrounds.

        which, colours: int64 [B]; placement: [B,3] of scale, x shift, y shift (shifts as parts of the side);
        corner: int64 [B,2] (x, y) and side: cut this square instead of the whole picture.
        Returns float32 [B,3,side,side] in [0,1].
        """
        side = side or self.size
        corner = torch.zeros(len(which), 2, device=which.device) if corner is None else corner.float()
        zoom = side / self.size
        centre = (corner + side / 2) / self.size * 2 - 1
        scale, shift = placement[:, :1], placement[:, 1:] * 2
        offset = (centre - shift) / scale
        zeros = torch.zeros_like(scale)
        theta = torch.stack(
            [torch.cat([zoom / scale, zeros, offset[:, :1]], 1), torch.cat([zeros, zoom / scale, offset[:, 1:]], 1)], 1
        )
        grid = F.affine_grid(theta, (len(which), 4, side, side), align_corners=False)
        drawn = F.grid_sample(self.artwork[which].float() / 255, grid, align_corners=False)
        background = self.colours[colours][:, :, None, None]
        return (drawn[:, :3] + background * (1 - drawn[:, 3:])).clamp(0, 1)


def premultiplied(path: Path) -> torch.Tensor:
    """Reads an RGBA PNG as uint8 [4,h,w] with colour multiplied by alpha."""
    rgba = np.asarray(Image.open(path).convert("RGBA")).astype(np.float32)
    rgba[..., :3] *= rgba[..., 3:] / 255
    return torch.from_numpy(rgba.round().astype(np.uint8)).permute(2, 0, 1).contiguous()


def random_placement(count: int, strength: float = 1.0, device: str = "cpu") -> torch.Tensor:
    """Random scale in 0.86..1.0 and shifts within 4 % of the side (at strength 1); [count,3]."""
    uniform = torch.rand(count, 3, device=device)
    scale = 0.93 + (uniform[:, :1] - 0.5) * 0.14 * strength
    return torch.cat([scale, (uniform[:, 1:] - 0.5) * 0.08 * strength], 1)
