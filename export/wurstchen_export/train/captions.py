"""Captions of the training pictures."""

import random

from .pictures import COLOURS, Concept, Pictures

# {a}: the object with its article; {n}: a name without one; {c}: the colour; {s}: the style.
PLAIN = (
    "{a} on a {c} background",
    "{a} on a {c} background",
    "{a} on a {c} background",
    "{a} on {c}",
    "{n} on a {c} background",
    "{n} on {c}",
    "{n}, {c} background",
    "{n}, {c}",
    "a {c} background with {a}",
    "a picture of {a} on a {c} background",
    "{a} in front of a {c} background",
    "the {n} on a {c} background",
)
STYLED = ("{a}, {s} style, on a {c} background", "{n}, {s} style, {c} background", "{n}, {s}, {c}")
WITHOUT_BACKGROUND = ("{a}", "{n}", "a picture of {a}", "{a}, {s} style")
STYLE_NAMES = {"fluent-emoji-flat": "flat", "fluent-emoji": "shaded", "noto": "noto"}

WITHOUT_BACKGROUND_SHARE = 0.15  # these pictures are white
STYLED_SHARE = 0.2


def write_caption(concept: Concept, colour: str, style: str, source: random.Random, styles: int = 1) -> str:
    """A random caption of one picture. With several styles every other caption names the style."""
    if colour == "white" and source.random() < 0.6:
        template = source.choice(WITHOUT_BACKGROUND)
    elif source.random() < (STYLED_SHARE if styles == 1 else 0.5):
        template = source.choice(STYLED)
    else:
        template = source.choice(PLAIN)
    caption = template.format(
        a=concept.with_article, n=source.choice(concept.names), c=colour, s=STYLE_NAMES.get(style, style)
    )
    return caption.replace("a orange", "an orange")


def write_captions(
    pictures: Pictures, labels: list[tuple[int, int]], source: random.Random, dropped: float = 0.0
) -> list[str]:
    """Captions of (picture, colour) index pairs; a share of them is left empty, for guidance."""
    captions = []
    for which, colour in labels:
        concept = pictures.concepts[pictures.concept_of[which]]
        style = pictures.styles[pictures.style_of[which]]
        caption = write_caption(concept, pictures.colour_names[colour], style, source, len(pictures.styles))
        captions.append("" if source.random() < dropped else caption)
    return captions


def every_caption(concepts: list[Concept], styles: list[str]) -> list[str]:
    """Captions that together hold every word that training can meet."""
    lines = []
    for concept in concepts:
        for template in PLAIN + STYLED + WITHOUT_BACKGROUND:
            for name in concept.names:
                for style in styles:
                    style = STYLE_NAMES.get(style, style)
                    lines.append(template.format(a=concept.with_article, n=name, c="white", s=style))
    lines += [f"an {colour} {colour}" for colour in COLOURS for _ in range(100)]
    return lines
