"""`evaluate` on a tiny bundle of random weights with a tiny judge: every measure, the same twice; what it refuses."""

import json
import shutil

import drawn_data
import numpy as np
import pytest
import torch
from PIL import Image

from wurstchen_export.__main__ import main
from wurstchen_export.bundle.runtime import Bundle
from wurstchen_export.evaluate import model_card, previews
from wurstchen_export.evaluate import prompts as evaluate_prompts
from wurstchen_export.evaluate.judge import store
from wurstchen_export.evaluate.judge.judge import Verdict
from wurstchen_export.evaluate.judge.labels import Labels
from wurstchen_export.evaluate.judge.model import JudgeNet
from wurstchen_export.evaluate.measures import MEASURES, by_style, mean_distance, missed, prompt_measures, psnr, table
from wurstchen_export.evaluate.pictures import Painter
from wurstchen_export.evaluate.prompts import Prompt
from wurstchen_export.train.dataset.pictures import Pictures, held_out

PROMPTS = 6
MAY_BE_NONE = ("reconstruction_recognised", "previews_recognised")
"""Shares of what the judge recognises, which may be nothing at all."""
EXTRAS = {
    "targets",
    "missed",
    "bundle_bytes",
    "part_bytes",
    "seconds_a_picture",
    "prompts",
    "heldout_prompts",
    "seed",
    "settings",
    "model",
    "judge",
    "by_style",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return drawn_data.write(tmp_path_factory.mktemp("drawn") / "data")


@pytest.fixture(scope="module")
def judge(data, tmp_path_factory):
    """A judge of random weights: evaluate needs its files, not its wisdom."""
    folder = tmp_path_factory.mktemp("judge")
    torch.manual_seed(0)
    net = JudgeNet((6, 2, 16), widths=(8, 16), blocks=(0, 0), side=32).eval()
    store.save(folder, net, Labels.of(Pictures(data, None)), {"pictures": 0})
    store.write_graph(folder, folder)
    return folder


@pytest.fixture(scope="module")
def prompt_file(data, tmp_path_factory):
    pictures = Pictures(data, None)
    file = tmp_path_factory.mktemp("prompts") / "prompts.tsv"
    evaluate_prompts.write(evaluate_prompts.draw(pictures, PROMPTS, 1, seed=1), pictures.index_digest, file)
    return file


@pytest.fixture(scope="module")
def bundle(other_model, data, tmp_path_factory):
    """A tiny bundle with a semantic compressor and previews, with few steps and small pictures by default."""
    folder = shutil.copytree(other_model / "bundle", tmp_path_factory.mktemp("evaluate") / "bundle")
    manifest = json.loads((folder / "model.json").read_text())
    manifest["defaults"] |= {"width": 128, "height": 128, "stage_c_steps": 2, "stage_b_steps": 2}
    (folder / "model.json").write_text(json.dumps(manifest))
    previews.main(folder, data, pictures=32, threads=1, say=lambda line: None)
    return folder


def run(bundle, judge, prompt_file, *more):
    options = ["--judge", judge, "--prompt-file", prompt_file, "--threads", "1", *more]
    return main(["evaluate", str(bundle), *(str(option) for option in options)])


def error_of(capsys, *arguments):
    assert run(*arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.removeprefix("error: ").strip()


def without_times(captured):
    return [line for line in captured.out.splitlines() if "seconds a picture" not in line]


def test_evaluate_measures_everything_and_the_same_twice(bundle, judge, prompt_file, data, tmp_path, capsys):
    outputs = []
    for name in ("first", "second"):
        files = ["--json", tmp_path / f"{name}.json", "--sheet", tmp_path / f"{name}.png"]
        assert run(bundle, judge, prompt_file, "--data", data, *files) == 0
        outputs.append(without_times(capsys.readouterr()))
    assert outputs[0] == outputs[1]
    first, second = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("first", "second"))
    keys = [measure.key for measure in MEASURES]
    assert set(first) == set(keys) | EXTRAS
    assert all(isinstance(first[key], float) for key in keys if key not in MAY_BE_NONE)
    assert first["seconds_a_picture"] > 0
    assert {**first, "seconds_a_picture": 0} == {**second, "seconds_a_picture": 0}
    assert (first["prompts"], first["heldout_prompts"]) == (PROMPTS, 1)
    assert first["bundle_bytes"] == sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
    assert [line.split()[0] for line in outputs[0] if line.split()[0] in keys] == keys
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()
    with Image.open(tmp_path / "first.png") as sheet:
        assert sheet.size == (12 * 136, 2 * 168)  # six prompts in a row, one reconstruction in the next


def test_another_seed_draws_other_pictures(bundle, judge, prompt_file, data, tmp_path):
    found = []
    for seed in (0, 100):
        file = tmp_path / f"{seed}.json"
        run(bundle, judge, prompt_file, "--data", data, "--prompts", 2, "--seed", seed, "--json", file)
        found.append(json.loads(file.read_text()))
    assert found[0]["reconstruction_psnr"] != found[1]["reconstruction_psnr"]
    assert found[0]["diversity"] != found[1]["diversity"]


def test_prompts_only_needs_no_pictures_and_leaves_their_measures_out(bundle, judge, prompt_file, tmp_path, capsys):
    file = tmp_path / "values.json"
    assert run(bundle, judge, prompt_file, "--prompts-only", "--prompts", 2, "--json", file) == 0
    found = json.loads(file.read_text())
    for key in ("stage_a_psnr", "reconstruction_psnr", "reconstruction_recognised", "diversity"):
        assert found[key] is None and key not in found["missed"]
    assert found["prompts"] == 2 and found["top5"] is not None
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("stage_a_psnr")]
    assert [line.split()[:5] for line in lines] == [["stage_a_psnr", "none", "32.00", "dB", "-"]]


def test_bundle_without_a_compressor_gives_no_reconstructions(bundle, judge, prompt_file, data, tmp_path):
    bundle = shutil.copytree(bundle, tmp_path / "bundle")
    manifest = json.loads((bundle / "model.json").read_text())
    del manifest["graphs"]["semantic_compressor"]
    (bundle / "model.json").write_text(json.dumps(manifest))
    run(bundle, judge, prompt_file, "--data", data, "--prompts", 1, "--json", tmp_path / "values.json")
    found = json.loads((tmp_path / "values.json").read_text())
    assert found["stage_a_psnr"] is not None
    assert found["reconstruction_psnr"] is None and found["reconstruction_recognised"] is None


def test_require_fails_when_a_target_is_missed(bundle, judge, prompt_file, tmp_path, capsys):
    options = ["--prompts-only", "--json", tmp_path / "values.json", "--require"]
    assert run(bundle, judge, prompt_file, *options) == 1  # random weights do not meet the targets
    missed_keys = json.loads((tmp_path / "values.json").read_text())["missed"]
    assert "background" in missed_keys
    assert capsys.readouterr().out.splitlines()[-1] == f"missed: {', '.join(missed_keys)}"


def test_folder_without_a_bundle_is_refused(tmp_path, judge, prompt_file, capsys):
    assert error_of(capsys, tmp_path, judge, prompt_file) == (
        f"{tmp_path} holds no model.json: name a folder that `export` wrote"
    )


def test_folder_without_a_judge_is_refused(bundle, tmp_path, prompt_file, capsys):
    assert error_of(capsys, bundle, tmp_path, prompt_file) == (
        f"{tmp_path} holds no judge.json: name a folder that `train judge` wrote"
    )


def test_missing_data_says_how_to_make_them(bundle, judge, prompt_file, tmp_path, capsys):
    assert error_of(capsys, bundle, judge, prompt_file) == (
        "the reconstructions need the pictures of the training data: make them with"
        " `python -m wurstchen_export train data --out FOLDER` and pass --data FOLDER,"
        " or pass --prompts-only to leave them out"
    )
    assert error_of(capsys, bundle, judge, prompt_file, "--data", tmp_path / "none") == (
        f"--data {tmp_path / 'none'} does not exist: make it with `python -m wurstchen_export train data --out FOLDER`"
    )


def test_judge_of_other_pictures_is_refused(bundle, judge, prompt_file, data, tmp_path, capsys):
    other = shutil.copytree(data, tmp_path / "other")
    index = json.loads((other / "index.json").read_text())
    (other / "index.json").write_text(json.dumps(index[:-1]))
    expected, found = (Pictures(folder, None).index_digest[:12] for folder in (data, other))
    assert error_of(capsys, bundle, judge, prompt_file, "--data", other) == (
        f"the judge was trained on other pictures than {other} holds (digest {expected}, not {found}):"
        " make that data again, or train a judge on this"
    )


def test_prompt_that_the_judge_does_not_know_is_refused(bundle, judge, tmp_path, capsys):
    file = tmp_path / "prompts.tsv"
    file.write_text("1F47D\tfilled\tred\t0\ta filled alien on red\n")
    assert error_of(capsys, bundle, judge, file, "--prompts-only") == (
        f"{file}: the judge does not know the emoji 1F47D of 'a filled alien on red':"
        " use a judge trained on the pictures that the prompts were written for"
    )


def test_damaged_prompt_file_is_refused(bundle, judge, tmp_path, capsys):
    file = tmp_path / "prompts.tsv"
    file.write_text("# comment\n1F47D\tfilled\tred\tmaybe\ta filled alien on red\n")
    assert error_of(capsys, bundle, judge, file) == (
        f"{file}:2: expected hexcode, style, background, held_out, prompt (held_out 0 or 1) separated by tabs,"
        f" got '1F47D\\tfilled\\tred\\tmaybe\\ta filled alien on red'"
    )
    assert error_of(capsys, bundle, judge, tmp_path / "none") == f"there is no prompt file {tmp_path / 'none'}"


@pytest.mark.parametrize("count", [0, 7])
def test_number_of_prompts_out_of_range_is_refused(bundle, judge, prompt_file, capsys, count):
    assert error_of(capsys, bundle, judge, prompt_file, "--prompts", count) == (
        f"--prompts must be 1 to 6, the number of prompts in {prompt_file}, got {count}"
    )


def test_checked_in_prompts_are_500_different_pairs_110_of_them_held_out_by_the_rule():
    prompts = evaluate_prompts.read()
    assert len(prompts) == evaluate_prompts.COUNT == 500
    assert sum(prompt.held_out for prompt in prompts) == evaluate_prompts.HELD_OUT == 110
    assert len({(prompt.hexcode, prompt.style) for prompt in prompts}) == 500
    assert all(prompt.held_out == held_out(prompt.hexcode, prompt.style) for prompt in prompts)
    assert all(f" {prompt.background}" in prompt.text for prompt in prompts)


def test_drawn_prompts_survive_their_file(data, tmp_path):
    pictures = Pictures(data, None)
    prompts = evaluate_prompts.draw(pictures, 12, 1)
    assert sum(prompt.held_out for prompt in prompts) == 1
    evaluate_prompts.write(prompts, pictures.index_digest, tmp_path / "p.tsv")
    assert evaluate_prompts.read(tmp_path / "p.tsv") == prompts
    assert evaluate_prompts.read(tmp_path / "p.tsv", 3) == prompts[:3]


def test_shares_count_right_answers():
    prompts = [Prompt("A", "flat", "red", False, ""), Prompt("B", "flat", "blue", True, "")]
    verdicts = [Verdict(("A", "C"), "flat", "red"), Verdict(("C", "B"), "noto", "blue")]
    found = prompt_measures(prompts, verdicts)
    assert found == {"top1": 0.5, "top5": 1.0, "style": 0.5, "background": 1.0, "heldout_top5": 1.0}
    assert prompt_measures(prompts[:1], verdicts[:1])["heldout_top5"] is None
    assert by_style(prompts, verdicts) == {
        "flat": {"prompts": 2, "top1": 0.5, "seen": {"flat": 1, "noto": 1}, "seen_held_out": {"noto": 1}}
    }


def test_psnr_of_a_known_error():
    pictures = np.full((2, 3, 4, 4), 0.5, np.float32)
    assert psnr(pictures + np.float32(0.1), pictures) == pytest.approx(20.0, abs=1e-4)


def test_distance_is_zero_between_equal_pictures_and_grows_with_the_shift():
    def disc(x):
        rows, columns = np.mgrid[:128, :128]
        return np.repeat((((rows - 64) ** 2 + (columns - x) ** 2) < 900)[None].astype(np.float32), 3, 0)

    assert mean_distance(np.stack([disc(64), disc(64)])) == 0
    near, far = (mean_distance(np.stack([disc(64), disc(64 + shift)])) for shift in (4, 16))
    assert 0 < near < far


def test_table_says_what_is_met_missed_and_not_measured():
    values = {measure.key: measure.target for measure in MEASURES} | {"top1": 0.1, "diversity": None}
    assert missed(values) == ["top1"]
    verdicts = {line.split()[0]: line[49:55].strip() for line in table(values)[1:]}
    assert verdicts == {key: "yes" for key in values} | {"top1": "missed", "diversity": "-"}


def test_folder_without_pictures_is_refused(bundle, judge, prompt_file, tmp_path, capsys):
    assert error_of(capsys, bundle, judge, prompt_file, "--data", tmp_path) == (
        f"{tmp_path} has no index.json: make it with: python -m wurstchen_export train data --out DIR"
    )


def test_picture_of_the_model_card_shows_the_prompts_row_by_row(bundle):
    painter = Painter(Bundle(bundle, threads=1), print)
    prompts = evaluate_prompts.read()[model_card.PROMPTS]
    assert len(prompts) == 48
    drawn = model_card.sheet(painter, prompts[:9])
    assert drawn.size == (1024, 256)
    (alone,) = painter.draw(prompts[8:9], [model_card.SEED], "prompts")
    levels = np.round(alone.transpose(1, 2, 0).clip(0, 1) * 255)
    assert np.abs(np.asarray(drawn, np.float32)[128:, :128] - levels).max() <= 1
    assert (np.asarray(drawn)[128:, 128:] == 255).all()
