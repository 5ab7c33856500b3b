"""The judge learns drawn shapes in seconds, is measured on what it has not seen, and its graph answers as it does."""

import argparse
import json
import shutil
from pathlib import Path

import drawn_data
import numpy as np
import pytest
import torch

from wurstchen_export import train_commands as train
from wurstchen_export.errors import ExportError
from wurstchen_export.evaluate import prompts
from wurstchen_export.evaluate.judge import store
from wurstchen_export.evaluate.judge.accuracy import kept_out, one_of_each
from wurstchen_export.evaluate.judge.augment import augment, blurred, placement
from wurstchen_export.evaluate.judge.judge import Judge
from wurstchen_export.evaluate.judge.labels import Labels
from wurstchen_export.evaluate.judge.model import JudgeNet, view
from wurstchen_export.evaluate.judge.training import JudgeTraining, add_options, smaller
from wurstchen_export.train.dataset.pictures import Pictures

SMALL = ["--side", "32", "--widths", "16", "32", "32", "--blocks", "0", "0", "1"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return drawn_data.write(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def pictures(data):
    return Pictures(data, None)


@pytest.fixture(scope="module")
def judge_folder(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("judge")
    options = ["--steps", "200", "--batch", "32", "--learning-rate", "3e-3", "--no-bf16", "--ema", "0.95"]
    train.main(["judge", "--data", str(data), "--out", str(folder / "trained"), *SMALL, *options])
    train.main(["judge-onnx", "--judge", str(folder / "trained"), "--out", str(folder / "graph")])
    return folder


def test_trained_judge_names_what_pictures_show_that_it_has_not_seen(judge_folder):
    found = store.read_json(judge_folder / "trained")["accuracy"]
    assert found["pictures"] >= 10 and found["seen_held_out_pairs"]
    for condition in ("sharp", "blur_1px"):
        assert found[condition]["top1"] > 0.7  # by chance 0.17
        assert found[condition]["style"] > 0.8  # by chance 0.5
        assert found[condition]["background"] > 0.7  # by chance 0.06


def test_graphs_of_judges_tell_nothing_of_the_machine_that_wrote_them(judge_folder):
    for folder in (judge_folder / "graph", Path(store.__file__).parent):
        graph = (folder / "judge.onnx").read_bytes()
        assert b"stack_trace" not in graph and b".py" not in graph, folder


def test_emoji_are_learnt_when_there_are_many_of_them(tmp_path):
    data = drawn_data.write_boards(tmp_path / "boards", 500)
    wide = ["--side", "16", "--widths", "16", "256", "--blocks", "0", "0"]  # the head is as wide as the judge's own
    options = ["--steps", "120", "--batch", "64", "--no-bf16", "--ema", "0.95"]
    train.main(["judge", "--data", str(data), "--out", str(tmp_path / "judge"), *wide, *options])
    found = store.read_json(tmp_path / "judge")["accuracy"]["sharp"]
    assert found["style"] > 0.95  # the easy one alone says nothing
    assert found["top1"] > 0.2  # by chance 0.002; with a head that dies 0.02


def test_graph_gives_the_scores_of_the_network(judge_folder, pictures):
    net, _ = store.load(judge_folder / "trained")
    which = torch.arange(len(pictures))
    pixels = pictures.compose(which, which, placement(len(which), "cpu"))
    judge = Judge(judge_folder / "graph", threads=1)
    found = judge._session.run(None, {"pixels": view(pixels, 32).numpy()})
    with torch.no_grad():
        for scores, expected in zip(found, net(view(pixels, 32)), strict=True):
            np.testing.assert_allclose(scores, expected.numpy(), atol=0.02, rtol=0.01)  # weights rounded once more


def test_verdict_names_the_classes_of_the_highest_scores(judge_folder, pictures):
    judge = Judge(judge_folder / "graph", threads=1)
    which = torch.arange(len(pictures))
    pixels = pictures.compose(which, which, torch.tensor([[0.9, 0.0, 0.0]]).expand(len(which), 3)).numpy()
    verdicts = judge.verdicts(pixels)
    right = [verdict.emoji[0] == pictures.hexcode(i) for i, verdict in enumerate(verdicts)]
    assert sum(right) > 8
    assert all(len(set(verdict.emoji)) == 5 for verdict in verdicts)
    assert {verdict.style for verdict in verdicts} == set(drawn_data.STYLES)


def test_judge_of_all_emoji_fits_the_repository():
    weights = sum(parameter.numel() for parameter in JudgeNet((1369, 3, 16)).parameters())
    assert 2 * weights < 6_000_000


def test_shipped_judge_learnt_from_the_pictures_of_the_prompts():
    judge = Judge(threads=1)
    assert f"# of the pictures {judge.labels.pictures}" in prompts.FILE.read_text().splitlines()
    for prompt in prompts.read():
        assert prompt.hexcode in judge.labels.emoji and prompt.style in judge.labels.styles
        assert prompt.background in judge.labels.backgrounds
    assert judge.accuracy["sharp"]["top5"] > 0.99


def test_kept_out_combinations_are_about_one_in_eight_and_never_drawn(data, pictures, tmp_path):
    kept = kept_out(pictures)
    assert 0.06 < kept.float().mean() < 0.2
    training = JudgeTraining(judge_arguments(data, tmp_path))
    assert len(training.pairs) == (~kept).sum()
    assert not kept[training.pairs[:, 0], training.pairs[:, 1]].any()


def test_judge_without_held_out_pairs_draws_none(data, pictures, tmp_path):
    training = JudgeTraining(judge_arguments(data, tmp_path, "--without-held-out"))
    assert sum(pictures.held_out) == 1
    assert not torch.tensor(pictures.held_out)[training.pairs[:, 0]].any()
    assert len(set(training.pairs[:, 0].tolist())) == len(pictures) - 1


def test_judge_goes_on_from_a_trained_one(data, judge_folder, tmp_path):
    trained, _ = store.load(judge_folder / "trained")
    training = JudgeTraining(judge_arguments(data, tmp_path, "--start-from", str(judge_folder / "trained")))
    started = training.net.state_dict()
    assert all(torch.equal(started[name], value) for name, value in trained.state_dict().items())
    fresh = JudgeTraining(judge_arguments(data, tmp_path / "fresh")).loss()[0]
    assert training.loss()[0] < 0.6 * fresh


def test_start_from_a_judge_of_other_classes_is_refused(data, judge_folder, tmp_path):
    folder = shutil.copytree(judge_folder / "trained", tmp_path / "other")
    entry = store.read_json(folder)
    (folder / "judge.json").write_text(json.dumps(entry | {"styles": ["filled", "striped"]}))
    with pytest.raises(ValueError) as raised:
        JudgeTraining(judge_arguments(data, tmp_path / "out", "--start-from", str(folder)))
    assert str(raised.value) == f"--start-from {folder}: that judge has other classes than {data}; leave it out"


def judge_arguments(data, out, *more):
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(["--data", str(data), "--out", str(out), "--steps", "1", *SMALL, *more])


def test_one_of_each_takes_an_allowed_background_of_every_picture_that_has_one():
    allowed = torch.tensor([[0, 1, 1], [1, 0, 0], [0, 0, 0], [1, 1, 1]]).bool()
    assert one_of_each(allowed).tolist() == [[0, 1], [1, 0], [3, 0]]


def test_augmented_pictures_stay_pictures_and_keep_their_background(pictures):
    torch.manual_seed(0)
    which = torch.arange(12).repeat(8)
    colours = torch.arange(96) % len(pictures.colour_names)
    pixels = view(pictures.compose(which, colours, placement(96, "cpu")), 32)
    changed = augment(pixels)
    assert changed.shape == pixels.shape and changed.min() >= 0 and changed.max() <= 1
    assert not torch.equal(changed[0], changed[12])
    corner = changed[:, :, :4, :4].mean((2, 3))
    nearest = torch.cdist(corner, pictures.colours).argmin(1)
    assert (nearest == colours).float().mean() > 0.95


def test_blur_keeps_brightness_and_lowers_contrast():
    pixels = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    soft = blurred(pixels)
    assert soft.mean().item() == pytest.approx(pixels.mean().item(), abs=5e-3)
    assert soft.std() < 0.5 * pixels.std()
    point = torch.zeros(1, 1, 9, 9)
    point[0, 0, 4, 4] = 256
    assert blurred(point)[0, 0, 4].tolist() == [0, 0, 6, 24, 36, 24, 6, 0, 0]
    flat = torch.full((1, 3, 8, 8), 0.25)
    assert torch.allclose(blurred(flat), flat)


def test_labels_survive_their_json(pictures):
    labels = Labels.of(pictures)
    assert Labels.from_json(json.loads(json.dumps(labels.as_json()))) == labels
    assert labels.pictures == pictures.index_digest and labels.sizes == (6, 2, 16)


def test_side_that_leaves_nothing_for_a_quarter_is_refused():
    with pytest.raises(ValueError) as raised:
        JudgeNet((6, 2, 16), widths=(8, 8, 8), blocks=(0, 0, 0), side=24)
    assert str(raised.value) == "side 24 with 3 widths: each halves it; use a multiple of 16"


def test_pictures_drawn_smaller_look_to_a_small_judge_as_those_at_full_size_do(pictures):
    half = smaller(pictures, pictures.size // 2)
    assert half.size == half.artwork.shape[-1] == pictures.size // 2 and pictures.artwork.shape[-1] == pictures.size
    which = torch.arange(len(pictures))
    places = placement(len(which), "cpu")
    full, small = (view(each.compose(which, which, places), 16) for each in (pictures, half))
    assert (full - small).abs().mean() < 0.01
    assert (full - full.roll(1, 0)).abs().mean() > 0.1  # what another picture differs by
    for side in (pictures.size, 2 * pictures.size, 24):
        assert smaller(pictures, side) is pictures


def test_folder_without_a_judge_is_refused(tmp_path):
    with pytest.raises(ExportError) as raised:
        Judge(tmp_path)
    assert str(raised.value) == f"{tmp_path} holds no judge.json: name a folder that `train judge` wrote"


def test_weights_without_their_graph_are_refused(judge_folder):
    folder = judge_folder / "trained"
    with pytest.raises(ExportError) as raised:
        Judge(folder)
    assert str(raised.value) == f"{folder} holds no judge.onnx: write it with `train judge-onnx`"


def test_graph_of_another_judge_is_refused(judge_folder, tmp_path):
    folder = shutil.copytree(judge_folder / "graph", tmp_path / "judge")
    expected = store.sha256(folder / "judge.onnx")
    (folder / "judge.onnx").write_bytes((folder / "judge.onnx").read_bytes()[:-1])
    with pytest.raises(ExportError) as raised:
        Judge(folder)
    assert str(raised.value) == (
        f"{folder / 'judge.onnx'} has SHA-256 {store.sha256(folder / 'judge.onnx')}, but its judge.json is of"
        f" {expected}: write both with `train judge-onnx`"
    )
