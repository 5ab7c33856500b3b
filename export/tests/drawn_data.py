"""Data sets in the layout that `train data` writes: six drawn shapes in two styles, one pair held out; many boards."""

import json

import numpy as np
from PIL import Image, ImageDraw

from wurstchen_export.train.dataset.artwork import decode, digest
from wurstchen_export.train.dataset.pictures import held_out

SIDE = 64
STYLES = {"filled": None, "outlined": 5}
SHAPES = {
    "disc": lambda draw, **how: draw.ellipse((8, 8, 56, 56), **how),
    "box": lambda draw, **how: draw.rectangle((10, 10, 54, 54), **how),
    "tent": lambda draw, **how: draw.polygon([(32, 6), (58, 56), (6, 56)], **how),
    "bar": lambda draw, **how: draw.rectangle((4, 26, 60, 40), **how),
    "post": lambda draw, **how: draw.rectangle((26, 4, 40, 60), **how),
    "diamond": lambda draw, **how: draw.polygon([(32, 4), (60, 32), (32, 60), (4, 32)], **how),
}


def hexcodes() -> dict[str, str]:
    """A code point for each shape; the first one's is held out in the first style, by the rule of the training."""
    codes = [f"{number:X}" for number in range(0x1F900, 0x1FA00)]
    held = next(code for code in codes if held_out(code, "filled") and not held_out(code, "outlined"))
    free = [code for code in codes if not any(held_out(code, style) for style in STYLES)]
    return dict(zip(SHAPES, [held, *free], strict=False))


def write(folder):
    """Writes pictures and index.json; returns the folder."""
    index = []
    for style, width in STYLES.items():
        (folder / style).mkdir(parents=True)
        for label, code in hexcodes().items():
            picture = Image.new("RGBA", (SIDE, SIDE))
            how = {"fill": "maroon"} if width is None else {"outline": "maroon", "width": width}
            SHAPES[label](ImageDraw.Draw(picture), **how)
            index.append(_entry(folder, picture, style, code, label))
    (folder / "index.json").write_text(json.dumps(index))
    return folder


def write_boards(folder, count):
    """A data set of many classes: boards of 4 x 4 random fields, dark or light ones by style; returns the folder."""
    index, random = [], np.random.default_rng(0)
    boards = random.integers(0, 2, (count, 4, 4)).repeat(8, 1).repeat(8, 2)
    for style, brightness in {"dark": 90, "light": 230}.items():
        (folder / style).mkdir(parents=True)
        for number, board in enumerate(boards):
            pixels = np.zeros((32, 32, 4), np.uint8)
            pixels[..., 0], pixels[..., 1], pixels[..., 3] = (1 - board) * brightness, board * brightness, 255
            picture = Image.fromarray(pixels, "RGBA")
            index.append(_entry(folder, picture, style, f"{0x20000 + number:X}", f"board {number}"))
    (folder / "index.json").write_text(json.dumps(index))
    return folder


def _entry(folder, picture, style, code, label):
    """Saves a picture; returns its entry of the index."""
    file = f"{style}/{code}.png"
    picture.save(folder / file)
    sha256 = digest(decode((folder / file).read_bytes()))
    return {"style": style, "file": file, "hexcode": code, "label": label, "sha256": sha256}
