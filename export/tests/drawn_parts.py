"""The drawn shapes with a vocabulary, and a Stage A trained on them for a few steps: where experiments start."""

import json

import drawn_data

from wurstchen_export import train_commands as train
from wurstchen_export.train.dataset.captions import every_caption
from wurstchen_export.train.dataset.concepts import concepts_of_index
from wurstchen_export.train.dataset.vocabulary import write_tokenizer

SIZES_A = ["--width", "16", "--bottleneck-blocks", "1", "--codes", "8", "--crop", "32"]


def write_data(folder):
    """The drawn data set with the tokenizer of its captions; returns the folder."""
    drawn_data.write(folder)
    index = json.loads((folder / "index.json").read_text())
    write_tokenizer(every_caption(concepts_of_index(index), list(drawn_data.STYLES)), folder / "tokenizer")
    return folder


def train_stage_a(data, out):
    """Writes a.safetensors; returns the folder."""
    steps = ["--steps", "20", "--batch", "4", "--no-bf16", "--learning-rate", "3e-3"]
    train.main(["stage-a", "--data", str(data), "--out", str(out), *SIZES_A, *steps])
    return out
