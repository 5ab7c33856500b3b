"""What the judge can answer, and the hash that ties it to one set of training pictures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Labels:
    """Names of the classes, in the order of the judge's outputs: emoji by hexcode, styles by icon set."""

    emoji: tuple[str, ...]
    styles: tuple[str, ...]
    backgrounds: tuple[str, ...]
    colours: tuple[tuple[int, ...], ...]
    """The backgrounds' colours, sRGB 0..255."""
    pictures: str
    """Pictures.index_digest of the pictures that it learnt from."""

    @classmethod
    def of(cls, pictures) -> "Labels":
        """The classes of a data set; pictures: train.pictures.Pictures."""
        emoji = tuple(concept.hexcode for concept in pictures.concepts)
        colours = _tuples((pictures.colours * 255).round().int().tolist())
        return cls(emoji, tuple(pictures.styles), tuple(pictures.colour_names), colours, pictures.index_digest)

    @classmethod
    def from_json(cls, entry: dict) -> "Labels":
        names = (tuple(entry[name]) for name in ("emoji", "styles", "backgrounds"))
        return cls(*names, _tuples(entry["colours"]), entry["pictures"])

    def as_json(self) -> dict:
        return {
            "pictures": self.pictures,
            "styles": list(self.styles),
            "backgrounds": list(self.backgrounds),
            "colours": [list(colour) for colour in self.colours],
            "emoji": list(self.emoji),
        }

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Numbers of emoji, styles and backgrounds."""
        return len(self.emoji), len(self.styles), len(self.backgrounds)


def _tuples(rows) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in rows)
