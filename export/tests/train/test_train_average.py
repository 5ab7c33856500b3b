"""Averaging the parts of several runs."""

import pytest
import torch
from torch import nn

from wurstchen_export.errors import ExportError
from wurstchen_export.train.average import average
from wurstchen_export.train.engine.parts import load_part, part_file, save_part


class Part(nn.Module):
    def __init__(self, value, count):
        super().__init__()
        self.register_buffer("weight", torch.full((2, 3), value))
        self.register_buffer("count", torch.tensor(count))


def folder(tmp_path, name, **parts):
    made = tmp_path / name
    made.mkdir()
    for part, (value, architecture) in parts.items():
        save_part(made, part, Part(value, 7), architecture)
    return made


def test_parts_of_all_folders_are_averaged(tmp_path):
    one = folder(tmp_path, "one", b=(1.0, {"width": 3}), c=(2.0, {"width": 4}))
    two = folder(tmp_path, "two", b=(2.0, {"width": 3}))
    three = folder(tmp_path, "three", b=(6.0, {"width": 3}))
    assert average([one, two, three], tmp_path / "mean") == ["b"]
    state, architecture = load_part(tmp_path / "mean", "b")
    assert torch.equal(state["weight"], torch.full((2, 3), 3.0))
    assert state["count"] == 7
    assert architecture == {"width": 3}
    assert not part_file(tmp_path / "mean", "c").exists()


def test_parts_that_are_the_same_stay_the_same_file(tmp_path):
    one, two = (folder(tmp_path, name, a=(-0.0, {})) for name in ("one", "two"))
    average([one, two], tmp_path / "mean")
    assert part_file(tmp_path / "mean", "a").read_bytes() == part_file(one, "a").read_bytes()


def test_one_folder_is_refused(tmp_path):
    with pytest.raises(ExportError, match=r"^--parts names one folder: an average needs two or more$"):
        average([tmp_path], tmp_path / "mean")


def test_folders_without_a_common_part_are_refused(tmp_path):
    one, two = folder(tmp_path, "one", b=(1.0, {})), folder(tmp_path, "two", c=(1.0, {}))
    with pytest.raises(ExportError) as found:
        average([one, two], tmp_path / "mean")
    assert str(found.value) == f"{one}, {two} have no part in common: name folders that runs trained in"


def test_parts_of_other_architectures_are_refused(tmp_path):
    one, two = folder(tmp_path, "one", b=(1.0, {"width": 3})), folder(tmp_path, "two", b=(1.0, {"width": 4}))
    with pytest.raises(ExportError) as found:
        average([one, two], tmp_path / "mean")
    assert str(found.value) == (
        f"{two}/b.safetensors is {{'width': 4}}, and {one}/b.safetensors is {{'width': 3}}:"
        " only parts of one architecture have a mean"
    )
