"""Captions of the training pictures."""

import random

from wurstchen_export.train.dataset.concepts import Concept
from wurstchen_export.train.dataset.pictures import COLOURS, Pictures

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
STYLED = (
    "{a}, {s} style, on a {c} background",
    "{a} on a {c} background, {s} style",
    "{n}, {s} style, {c} background",
    "{n}, {s}, {c}",
    "{s} {n} on a {c} background",
    "a {s} picture of {a} on a {c} background",
    "{s} style {n} on {c}",
)
BARE = ("{a}", "{n}", "a picture of {a}")
STYLED_BARE = ("{a}, {s} style", "{s} {n}", "{n}, {s}")
# Without an object: what a style is, whatever is drawn in it. Words of the templates above, which the tokenizer knows.
STYLE_ONLY = (
    "{s} style, {c} background",
    "{s} style on a {c} background",
    "a {s} picture on a {c} background",
    "{s}, {c}",
    "{s} style on {c}",
)
STYLE_ONLY_BARE = ("{s} style", "{s}")
STYLE_ONLY_ANY = ("a {s} picture",)  # on a background that has no name
# Both mean the same to whoever writes a prompt, so captions have both.
SPELLINGS = {"grey": ("grey", "gray")}
STYLE_NAMES = {"fluent-emoji-flat": "flat", "fluent-emoji": "glossy", "noto": "noto"}

BARE_SHARE = 0.15  # pictures whose caption names no background; these are white
STYLED_SHARE = {1: 0.2}  # by the number of styles there are
STYLED_SHARE_OF_MANY = 0.8


def white_share(colours: int = len(COLOURS)) -> float:
    """How often a picture is white: always without a background in its caption, otherwise as any other colour."""
    return BARE_SHARE + (1 - BARE_SHARE) / colours


def write_caption(
    concept: Concept, colour: str | None, style: str, source: random.Random, styles: int = 1
) -> tuple[str, bool]:
    """A random caption of one picture, and whether it names the style; colour None leaves the background unnamed (it is
    white).

    With several styles four in five captions name it: the word must outweigh what the object is most often drawn like.
    """
    styled = source.random() < STYLED_SHARE.get(styles, STYLED_SHARE_OF_MANY)
    if colour is None:
        template = source.choice(STYLED_BARE if styled else BARE)
    else:
        template = source.choice(STYLED if styled else PLAIN)
    spelled = source.choice(SPELLINGS[colour]) if colour in SPELLINGS else colour
    return fill(template, concept.with_article, source.choice(concept.names), spelled, style), styled


def fill(template: str, article: str, name: str, colour: str | None, style: str) -> str:
    """The template with its words, and the article that they need."""
    caption = template.format(a=article, n=name, c=colour, s=STYLE_NAMES.get(style, style))
    return caption.replace("a orange ", "an orange ")


def caption_of(pictures: Pictures, which: int, colour: int | None, source: random.Random) -> str:
    """A random caption of picture `which` on colour number `colour`, or with no background named."""
    return caption_and_styled(pictures, which, colour, source)[0]


def caption_and_styled(pictures: Pictures, which: int, colour: int | None, source: random.Random) -> tuple[str, bool]:
    """The same, and whether it names the style."""
    name = None if colour is None else pictures.colour_names[colour]
    concept = pictures.concepts[pictures.concept_of[which]]
    return write_caption(concept, name, pictures.style(which), source, len(pictures.styles))


def write_captions(
    pictures: Pictures, labels: list[tuple[int, int]], source: random.Random, dropped: float = 0.0
) -> list[str]:
    """Captions of (picture, colour) index pairs; a share of them is left empty, for guidance."""
    white, bare = pictures.colour_names.index("white"), BARE_SHARE / white_share()
    captions = []
    for which, colour in labels:
        named = None if colour == white and source.random() < bare else colour
        captions.append("" if source.random() < dropped else caption_of(pictures, which, named, source))
    return captions


def every_caption(concepts: list[Concept], styles: list[str]) -> list[str]:
    """Captions that together hold every word that training can meet, but second spellings, which are cut into pieces:
    with them, the tokenizer would not be that of the parts that there are."""
    lines = []
    for concept in concepts:
        for template in PLAIN + STYLED + BARE + STYLED_BARE:
            for name in concept.names:
                for style in styles:
                    lines.append(fill(template, concept.with_article, name, "white", style))
    lines += [f"an {colour} {colour}" for colour in COLOURS for _ in range(len(concepts))]
    return lines
