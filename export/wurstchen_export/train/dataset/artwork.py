"""Where the artwork lies: a folder of PNG files, or one zip file of lossless WebP, each with an index.json."""

import hashlib
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image

INDEX = "index.json"
TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer_config.json", "tokenizer.json")
RENDER = "make it with: python -m wurstchen_export train data --out DIR"


@dataclass(frozen=True)
class ArtworkFolder:
    """A folder or a packed file. index: dicts of style, file, hexcode, label, tags, group, subgroup and sha256."""

    path: Path
    index: list[dict]
    packed: dict[str, bytes] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, path: Path) -> "ArtworkFolder":
        path = Path(path)
        if path.is_file():
            if not zipfile.is_zipfile(path):
                raise ValueError(f"{path} is not packed training data (no zip file): {RENDER}")
            with zipfile.ZipFile(path) as archive:
                packed = {name: archive.read(name) for name in archive.namelist()}
            if INDEX not in packed:
                raise ValueError(f"{path} is not packed training data (it has no {INDEX}): {RENDER}")
            return cls(path, json.loads(packed[INDEX]), packed)
        if not (path / INDEX).exists():
            raise ValueError(f"{path} has no {INDEX}: {RENDER}")
        return cls(path, json.loads((path / INDEX).read_text(encoding="utf-8")))

    def read(self, name: str) -> bytes:
        """A file's bytes; name: as in the index."""
        if not self.packed:
            return (self.path / name).read_bytes()
        if name not in self.packed:
            raise ValueError(f"{self.path} lacks {name}, which its index names: {RENDER}")
        return self.packed[name]


def decode(encoded: bytes) -> torch.Tensor:
    """An RGBA picture as uint8 [4,h,w] with colour multiplied by alpha."""
    rgba = np.asarray(Image.open(io.BytesIO(encoded)).convert("RGBA")).astype(np.uint16)
    rgba[..., :3] = (rgba[..., :3] * rgba[..., 3:] + 127) // 255
    return torch.from_numpy(rgba.astype(np.uint8)).permute(2, 0, 1).contiguous()


def digest(picture: torch.Tensor) -> str:
    """SHA-256 of a decoded picture; the same however it was stored."""
    return hashlib.sha256(picture.numpy().tobytes()).hexdigest()


def pack(folder: Path, file: Path) -> None:
    """Writes a folder that `train data` made as one zip file: lossless WebP, the index and the tokenizer's files.

    The file is the same for the same folder: names in order, no times.
    """
    source = ArtworkFolder.open(folder)
    index = [{**entry, "file": str(Path(entry["file"]).with_suffix(".webp"))} for entry in source.index]
    contents = {INDEX: (json.dumps(index, indent=1) + "\n").encode()}
    for name in TOKENIZER_FILES:
        contents[f"tokenizer/{name}"] = source.read(f"tokenizer/{name}")
    with ThreadPoolExecutor() as pool:
        pictures = pool.map(_webp, (source.read(entry["file"]) for entry in source.index))
        contents |= {entry["file"]: picture for entry, picture in zip(index, pictures, strict=True)}
    with zipfile.ZipFile(file, "w") as archive:
        for name in sorted(contents):
            method = zipfile.ZIP_STORED if name.endswith(".webp") else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), contents[name], method)


def _webp(png: bytes) -> bytes:
    """Lossless WebP; the colour of what is transparent is not kept, and decode() does not look at it."""
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGBA").save(out, "WEBP", lossless=True, quality=80, method=4)
    return out.getvalue()
