"""What Stage C trains on so that a style serves for objects never seen in it: captions without an object, noised
pictures of another style, dropout."""

import json
import re

import drawn_data
import pytest
import torch

from wurstchen_export import train_commands as train
from wurstchen_export.model.compressor import SemanticCompressor
from wurstchen_export.train.dataset.caption_table import CaptionTable, Tokens, open_tokenizer, open_vocabulary
from wurstchen_export.train.dataset.captions import every_caption
from wurstchen_export.train.dataset.concepts import concepts_of_index
from wurstchen_export.train.dataset.pictures import Pictures
from wurstchen_export.train.dataset.pool import PictureSource
from wurstchen_export.train.dataset.variation import UNDESCRIBED
from wurstchen_export.train.dataset.vocabulary import write_tokenizer
from wurstchen_export.train.engine.parts import load_part, save_part
from wurstchen_export.train.methods.diffusion import add_noise
from wurstchen_export.train.methods.dropout import use_dropout
from wurstchen_export.train.methods.response_norm import use_folded_response_norm
from wurstchen_export.train.methods.restyling import RESTYLED_FROM, PairedSource, noise_towards, other_styles, restyled
from wurstchen_export.train.model import load_stage
from wurstchen_export.train.stage_c import build
from wurstchen_export.train.text import TextSide, use_short_rows

STAGE_C = (
    "--steps 12 --batch 4 --no-bf16 --learning-rate 3e-3 --width 32 --depth 1 --heads 1 --text-width 32 --text-layers 1"
    " --pool 16 --renew 1 --variants 2 --text-length 20"
).split()
LENGTH = 20


def write_data(folder, styles):
    """The drawn shapes in these styles, with their tokenizer."""
    drawn_data.write(folder)
    index = [entry for entry in json.loads((folder / "index.json").read_text()) if entry["style"] in styles]
    (folder / "index.json").write_text(json.dumps(index))
    write_tokenizer(every_caption(concepts_of_index(index), styles), folder / "tokenizer")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Six shapes, filled and outlined; the filled disc is held out."""
    return write_data(tmp_path_factory.mktemp("data") / "two", ["filled", "outlined"])


@pytest.fixture(scope="module")
def pictures(data):
    return Pictures(data, None)


def stage_c(data, out, *more):
    """Trains Stage C on an untrained compressor; returns the bytes of its parts and its log."""
    out.mkdir()
    torch.manual_seed(0)
    widths = (8, 8, 16, 16)
    save_part(out, "compressor", SemanticCompressor(widths), {"widths": widths})
    train.main(["stage-c", "--data", str(data), "--out", str(out), *STAGE_C, *more])
    return [(out / f"{name}.safetensors").read_bytes() for name in ("c", "text_c")]


@pytest.fixture(scope="module")
def usual(data, tmp_path_factory):
    """The parts of a run without options."""
    return stage_c(data, tmp_path_factory.mktemp("usual") / "out")


def captions(data, pictures, which, colours, style_only, dropped=0.0):
    """Drawn captions as text, and whether they are said to name the style."""
    table = CaptionTable(pictures, Tokens(open_vocabulary(data), LENGTH), variants=6, seed=0, style_only=style_only)
    torch.manual_seed(0)
    ids, styled = table.draw_with_style(which, colours, dropped)
    return open_tokenizer(data).batch_decode(ids, skip_special_tokens=True), styled.tolist()


def some_pictures(pictures, count):
    torch.manual_seed(1)
    return PictureSource(pictures, 0.0).draw(count)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_captions_without_an_object_come_at_the_share_asked(data, pictures, share):
    which, colours = some_pictures(pictures, 1000)
    written, _ = captions(data, pictures, which, colours, share)
    alone = [not any(shape in caption for shape in drawn_data.SHAPES) for caption in written]
    assert sum(alone) / 1000 == pytest.approx(share, abs=0.04 if 0 < share < 1 else 0)


def test_caption_without_an_object_names_the_style_and_the_background(data, pictures):
    which, colours = some_pictures(pictures, 400)
    written, styled = captions(data, pictures, which, colours, 1.0)
    for caption, picture, colour in zip(written, which.tolist(), colours.tolist(), strict=True):
        style, background = pictures.style(picture), pictures.colour_names[colour]
        assert style in caption
        assert background in caption or (background == "white" and caption in (style, f"{style} style"))
    assert all(styled)
    assert f"a {pictures.style(0)} picture on an orange background" in written


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_captions_are_known_by_whether_they_name_the_style(data, pictures, share):
    which, colours = some_pictures(pictures, 400)
    written, styled = captions(data, pictures, which, colours, share, dropped=0.2)
    assert styled == [pictures.style(picture) in text for picture, text in zip(which.tolist(), written, strict=True)]
    assert 0 < sum(styled) < 400


def test_varied_picture_is_described_by_its_style_where_captions_are(data, pictures):
    which = torch.tensor([pictures.seen[0], pictures.seen[-1]])
    colours = torch.full_like(which, UNDESCRIBED)
    assert captions(data, pictures, which, colours, 0.0) == (["", ""], [False, False])
    described = [f"a {pictures.style(picture)} picture" for picture in which.tolist()]
    assert captions(data, pictures, which, colours, 0.1) == (described, [True, True])
    assert captions(data, pictures, which, colours, 0.1, dropped=1.0) == (["", ""], [False, False])


def test_other_styles_are_of_the_same_emoji_and_never_held_out(pictures):
    others = other_styles(pictures)
    assert others.shape == (len(pictures), 1) and set(others.flatten().tolist()) <= set(pictures.seen)
    lonely = next(i for i in pictures.seen if pictures.hexcode(i) == pictures.hexcode(pictures.unseen[0]))
    for which in pictures.seen:
        other = others[which, 0].item()
        assert pictures.hexcode(other) == pictures.hexcode(which)
        assert (pictures.style(other) != pictures.style(which)) == (which != lonely)


@pytest.mark.parametrize("varied", [0.0, 1.0])
def test_paired_source_shows_both_styles_at_one_place(pictures, varied):
    source = PairedSource(pictures, 1.0, varied)
    torch.manual_seed(0)
    which, colours = source.draw(6)
    torch.manual_seed(1)
    pixels, labels = source.pixels(which, colours)
    assert pixels.shape == (12, 3, 64, 64)
    assert torch.equal(labels, torch.full_like(colours, UNDESCRIBED) if varied else colours)
    source.others = torch.arange(len(pictures))[:, None]  # each with itself
    torch.manual_seed(1)
    first, second = source.pixels(which, colours)[0].chunk(2)
    assert torch.equal(first, second) and torch.equal(first, pixels[:6])
    assert not torch.equal(pixels[:6], pixels[6:])


def test_only_noisy_pictures_with_the_style_in_their_caption_are_restyled():
    latents, others = torch.zeros(4, 1, 1, 1), torch.ones(4, 1, 1, 1)
    styled, t = torch.tensor([True, True, False, True]), torch.tensor([0.9, RESTYLED_FROM, 0.9, RESTYLED_FROM - 0.01])
    assert restyled(latents, others, styled, t, 1.0).flatten().tolist() == [1.0, 1.0, 0.0, 0.0]
    assert torch.equal(restyled(latents, others, styled, t, 0.0), latents)


def test_noise_towards_latents_explains_the_noised_picture():
    latents, shown, noise, t = *torch.randn(3, 5, 4, 2, 2), torch.tensor([0.3, 0.5, 0.7, 0.9, 1.0])
    wanted = noise_towards(latents, shown, noise, t)
    assert torch.allclose(add_noise(latents, wanted, t), add_noise(shown, noise, t), atol=1e-5)
    assert torch.equal(noise_towards(latents, latents, noise, t), noise)


def test_dropout_is_active_in_training_only():
    torch.manual_seed(0)
    prior, text = build(width=32, depth=1, heads=1, text_width=32), TextSide(50, width=32, layers=1, length=8)
    torch.nn.init.normal_(prior.out[1].weight)
    use_short_rows(prior)
    use_folded_response_norm(prior)
    x, t, ids = torch.randn(1, 16, 3, 3), torch.tensor([0.5]), torch.arange(8)[None]
    runs = {"text": lambda: text(ids), "prior": lambda hidden=text(ids).detach(): prior(x, t, hidden)}
    for run in runs.values():
        without = run()
        assert torch.equal(run(), without)
        for module in (prior, text):
            use_dropout(module, 0.3)
        assert not torch.equal(run(), run())
        for module in (prior, text):
            module.eval()
        assert torch.equal(run(), without)
        for module in (prior, text):
            use_dropout(module.train(), 0.0)


@pytest.mark.parametrize(
    "option",
    [
        ["--dropout", "0.3"],
        ["--style-only", "1"],
        ["--restyled", "1"],
        ["--varied", "1"],
        ["--style-only", "0.3", "--restyled", "0.5", "--varied", "0.3", "--dropout", "0.1"],
        ["--weight-decay", "1"],
    ],
    ids=" ".join,
)
def test_option_changes_what_is_learnt_and_nothing_about_the_parts(data, usual, tmp_path, option):
    changed = stage_c(data, tmp_path / "out", *option)
    assert all(one != other for one, other in zip(usual, changed, strict=True))
    assert load_part(tmp_path / "out", "c")[1] == {"width": 32, "depth": 1, "heads": 1, "text_width": 32}
    prior = load_stage(tmp_path / "out", "c", build)
    assert all(module.p == 0 for module in prior.modules() if isinstance(module, torch.nn.Dropout))


def test_options_at_zero_are_the_usual_training(data, usual, tmp_path):
    zero = "--dropout 0 --style-only 0 --restyled 0 --varied 0 --weight-decay 0.01".split()
    assert stage_c(data, tmp_path / "out", *zero) == usual


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--dropout", "1", "argument --dropout: must be from 0 to below 1, got 1"),
        ("--dropout", "nan", "argument --dropout: must be from 0 to below 1, got nan"),
        ("--style-only", "1.5", "argument --style-only: must be from 0 to 1, got 1.5"),
        ("--restyled", "-0.1", "argument --restyled: must be from 0 to 1, got -0.1"),
        ("--varied", "2", "argument --varied: must be from 0 to 1, got 2"),
        ("--weight-decay", "-1", "argument --weight-decay: must be a number from 0 on, got -1"),
    ],
)
def test_value_outside_its_range_is_refused(data, tmp_path, capsys, option, value, message):
    with pytest.raises(SystemExit):
        train.main(["stage-c", "--data", str(data), "--out", str(tmp_path), f"{option}={value}"])
    assert capsys.readouterr().err.endswith(f"error: {message}\n")


def test_restyling_with_one_style_is_refused(tmp_path):
    data = write_data(tmp_path / "one", ["outlined"])
    message = "--restyled needs an emoji in two styles; the data show every emoji in one style only"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        stage_c(data, tmp_path / "out", "--restyled", "0.5")
