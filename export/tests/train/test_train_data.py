"""The training data: artwork in both of its forms, held-out pictures, names, near-duplicates, captions."""

import json
import math
import random
import re

import pytest
import torch
from PIL import Image, ImageDraw

from wurstchen_export.__main__ import main
from wurstchen_export.train.data import write_index
from wurstchen_export.train.dataset import captions, concepts
from wurstchen_export.train.dataset.artwork import pack
from wurstchen_export.train.dataset.concepts import Concept, concepts_of_index, plain_label, read_concepts, with_article
from wurstchen_export.train.dataset.pictures import COLOURS, Pictures, held_out
from wurstchen_export.train.dataset.pool import PictureSource
from wurstchen_export.train.dataset.variation import LARGEST_TURN, UNDESCRIBED, hue_turned, turns
from wurstchen_export.train.dataset.vocabulary import write_tokenizer

SIDE = 64
STYLES = ("fluent-emoji", "fluent-emoji-flat", "noto")
RENDER = "make it with: python -m wurstchen_export train data --out DIR"


def draw(folder, style, code, label, box, fill=(200, 30, 45, 180)):
    """One drawn picture and its entry in the index."""
    picture = Image.new("RGBA", (SIDE, SIDE))
    ImageDraw.Draw(picture).ellipse(box, fill=fill)
    (folder / style).mkdir(exist_ok=True)
    picture.save(folder / style / f"{code}.png")
    return {"style": style, "file": f"{style}/{code}.png", "hexcode": code, "label": label}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Forty drawn emoji in three styles, the last of them like the first."""
    folder = tmp_path_factory.mktemp("data")
    entries = []
    for s, style in enumerate(STYLES):
        for i in range(40):
            fill = (i % 39 % 7 * 36, i % 39 // 7 * 42, s * 100, 255)
            entries.append(draw(folder, style, f"{0x1F900 + i:X}", f"thing{i}", (2, 2, 60, 60), fill))
    write_index(folder, entries)
    write_tokenizer(["a thing on white"], folder / "tokenizer")
    return folder


def test_drawing_used_twice_is_dropped_and_listed(folder):
    dropped = json.loads((folder / "dropped.json").read_text())
    assert [line for line in dropped if line["style"] == "fluent-emoji"] == [
        {"style": "fluent-emoji", "dropped": "thing39", "kept": "thing0", "difference": 0.0}
    ]
    assert "1F927" not in [concept.hexcode for concept in Pictures(folder, None).concepts]


def test_polished_concept_is_kept_rather_than_its_double(tmp_path):
    entries = [draw(tmp_path, "noto", code, code, (5, 5, 50, 50)) for code in ("1F63A", "1F431")]
    assert [entry["hexcode"] for entry in write_index(tmp_path, entries)] == ["1F431"]


def test_packed_data_are_the_same_pictures(folder, tmp_path):
    pack(folder, tmp_path / "data.zip")
    pack(folder, tmp_path / "again.zip")
    packed, plain = Pictures(tmp_path / "data.zip", None), Pictures(folder, None)
    assert torch.equal(packed.artwork, plain.artwork)
    assert packed.index_digest == plain.index_digest
    assert packed.held_out == plain.held_out
    assert (tmp_path / "data.zip").read_bytes() == (tmp_path / "again.zip").read_bytes()


def test_changed_picture_is_refused(folder, tmp_path):
    entries = [draw(tmp_path, "noto", "1F34E", "red apple", (5, 5, 50, 50))]
    write_index(tmp_path, entries)
    draw(tmp_path, "noto", "1F34E", "red apple", (5, 5, 51, 50))
    message = (
        f"{tmp_path}: noto/1F34E.png differs from its checksum in index.json:"
        " make the data again (python -m wurstchen_export train data)"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Pictures(tmp_path, None)


def test_folder_without_an_index_is_refused(tmp_path):
    with pytest.raises(ValueError, match=f"^{re.escape(f'{tmp_path} has no index.json: {RENDER}')}$"):
        Pictures(tmp_path, None)


def test_file_that_is_not_packed_data_is_refused(tmp_path):
    (tmp_path / "data.zip").write_text("no")
    message = f"{tmp_path / 'data.zip'} is not packed training data (no zip file): {RENDER}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Pictures(tmp_path / "data.zip", None)


def test_held_out_pictures_are_shown_in_another_style(folder):
    pictures = Pictures(folder, None)
    assert pictures.unseen and len(pictures.seen) + len(pictures.unseen) == len(pictures)
    seen = {pictures.hexcode(which) for which in pictures.seen}
    for which in pictures.unseen:
        assert held_out(pictures.hexcode(which), pictures.style(which))
        assert pictures.hexcode(which) in seen


def test_emoji_in_one_style_only_is_never_held_out(tmp_path):
    code = next(f"{code:X}" for code in range(0x1F300, 0x1F600) if held_out(f"{code:X}", "noto"))
    write_index(tmp_path, [draw(tmp_path, "noto", code, "thing", (5, 5, 50, 50))])
    assert Pictures(tmp_path, None).held_out == [False]


def test_held_out_share_is_one_in_thirty_three():
    pairs = [held_out(f"{code:X}", style) for code in range(0x1F300, 0x1F700) for style in STYLES]
    assert 1 / 42 < sum(pairs) / len(pairs) < 1 / 26


def test_composed_crop_is_a_piece_of_the_whole_picture(folder):
    pictures = Pictures(folder, None)
    one, placement = torch.tensor([1]), torch.tensor([[0.9, 0.02, -0.03]])
    whole = pictures.compose(one, one, placement)
    crop = pictures.compose(one, one, placement, torch.tensor([[16, 8]]), 32)
    assert torch.allclose(crop, whole[:, :, 8:40, 16:48], atol=1e-4)


def test_turned_artwork_is_the_turned_picture(folder):
    pictures = Pictures(folder, None)
    one, placement = torch.tensor([1]), torch.tensor([[0.9, 0.0, 0.0]])
    whole = pictures.compose(one, one, placement)
    quarter = torch.tensor([[[0.0, 1.0], [-1.0, 0.0]]])  # what is shown at (x, y) lies at (y, -x)
    assert torch.allclose(pictures.compose(one, one, placement, turn=quarter), whole.rot90(-1, (2, 3)), atol=1e-4)
    mirrored = torch.tensor([[[-1.0, 0.0], [0.0, 1.0]]])
    assert torch.allclose(pictures.compose(one, one, placement, turn=mirrored), whole.flip(3), atol=1e-4)


def test_turns_are_rotations_within_the_limit_and_mirrors():
    straight, mirrored = torch.tensor([False]), torch.tensor([True])
    assert torch.allclose(turns(torch.tensor([0.5]), straight), torch.eye(2)[None], atol=1e-6)
    assert torch.allclose(turns(torch.tensor([0.5]), mirrored), torch.tensor([[[-1.0, 0.0], [0.0, 1.0]]]), atol=1e-6)
    most = turns(torch.tensor([1.0]), straight)[0]
    assert math.isclose(math.degrees(math.atan2(most[1, 0], most[0, 0])), LARGEST_TURN, rel_tol=1e-5)
    assert math.isclose(torch.linalg.det(turns(torch.tensor([0.2]), mirrored))[0], -1.0, rel_tol=1e-5)


def test_hues_turn_around_greys():
    red, grey = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.4, 0.4, 0.4])
    pixels = torch.stack([red, grey, red])[:, :, None, None]
    third = hue_turned(pixels, torch.tensor([2 * math.pi / 3, 1.0, 0.0]))[:, :, 0, 0]
    assert torch.allclose(third, torch.stack([torch.tensor([0.0, 1.0, 0.0]), grey, red]), atol=1e-6)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_varied_pictures_have_no_caption(folder, share):
    pictures = Pictures(folder, None)
    source = PictureSource(pictures, 0.0, share)
    torch.manual_seed(0)
    which, colours = source.draw(8)
    pixels, labels = source.pixels(which, colours)
    plain = pictures.compose(which, colours, source.placement(8))
    assert torch.equal(labels, torch.full_like(colours, UNDESCRIBED) if share else colours)
    changed = [not torch.equal(one, other) for one, other in zip(pixels, plain, strict=True)]
    assert changed == [share == 1.0] * 8
    assert pixels.min() >= 0 and pixels.max() <= 1


def test_backgrounds_are_sixteen_and_far_from_each_other():
    assert len(COLOURS) == 16
    values = torch.tensor(list(COLOURS.values())).float()
    assert torch.pdist(values).min() > 50


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cat", "a cat"),
        ("owl", "an owl"),
        ("unicorn", "a unicorn"),
        ("umbrella", "an umbrella"),
        ("hourglass", "an hourglass"),
        ("one o'clock", "a one o'clock"),
        ("cherries", "cherries"),
        ("octopus", "an octopus"),
        ("euro banknote", "a euro banknote"),
        ("ewe", "a ewe"),
        ("face with open eyes", "a face with open eyes"),
        ("books on a shelf", "books on a shelf"),
        ("people with bunny ears", "people with bunny ears"),
    ],
)
def test_article(name, expected):
    assert with_article(name) == expected


def test_label_as_people_type_it():
    assert plain_label("person: beard") == "person with beard"
    assert plain_label("woman\u2019s Boot") == "woman's boot"


def test_names_of_concepts_files_belong_to_one_emoji():
    names = [name for concept in read_concepts(concepts.CONCEPTS) for name in concept.names]
    assert len(names) == len(set(names))


def test_label_that_a_polished_concept_has_taken_gets_another_name():
    index = [{"hexcode": "1F9FF", "label": "whale"}, {"hexcode": "1F433", "label": "spouting whale"}]
    assert concepts_of_index(index) == [
        Concept("1F9FF", "a whale emoji", ("whale emoji",)),
        Concept("1F433", "a whale", ("whale",)),
    ]


def test_concepts_file_with_a_missing_field_is_refused(tmp_path):
    (tmp_path / "c.tsv").write_text("1F534\ta disc\n")
    with pytest.raises(ValueError, match=r"c\.tsv:1: expected 3 fields separated by tabs, got 2$"):
        read_concepts(tmp_path / "c.tsv")


def test_grey_backgrounds_are_named_in_both_spellings():
    apple, source = Concept("1F34E", "a red apple", ("red apple",)), random.Random(1)
    written = [captions.write_caption(apple, "grey", "noto", source, 3)[0] for _ in range(2000)]
    assert all(("grey" in caption) != ("gray" in caption) for caption in written)
    assert 0.46 < sum("gray" in caption for caption in written) / 2000 < 0.54


def test_captions_name_colour_and_style_as_often_as_promised():
    apple, source = Concept("1F34E", "a red apple", ("apple", "red apple")), random.Random(1)
    written = [captions.write_caption(apple, "orange", "fluent-emoji", source, 3)[0] for _ in range(2000)]
    assert all("orange" in caption and "apple" in caption for caption in written)
    assert 0.76 < sum("glossy" in caption for caption in written) / 2000 < 0.84
    assert {"a red apple on an orange background", "glossy apple on an orange background"} <= set(written)
    assert not any(re.search(r"\ba [aeiou]", caption) for caption in written)


def test_caption_without_a_background_names_no_colour():
    owl, source = Concept("1F989", "an owl", ("owl",)), random.Random(1)
    written = {captions.write_caption(owl, None, "noto", source, 3)[0] for _ in range(200)}
    assert written == {"an owl", "owl", "a picture of an owl", "an owl, noto style", "noto owl", "owl, noto"}


def test_wrong_data_are_one_line_on_the_command_line(tmp_path, capsys):
    options = ["--data", str(tmp_path), "--out", str(tmp_path / "out"), "--steps", "1"]
    assert main(["train", "stage-a", *options]) == 1
    assert capsys.readouterr().err == f"error: {tmp_path} has no index.json: {RENDER}\n"


def test_an_error_of_a_library_keeps_its_traceback(tmp_path, monkeypatch):
    def fails(*_):
        torch.zeros(2).numpy().reshape(3)

    monkeypatch.setattr("wurstchen_export.train.data.run", fails)
    with pytest.raises(ValueError, match="cannot reshape"):
        main(["train", "data", "--out", str(tmp_path)])
