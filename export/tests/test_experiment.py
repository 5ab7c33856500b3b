"""The experiment on drawn shapes: both arms train equally long, and what is asked for wrongly is refused."""

import json
import shutil

import drawn_parts
import pytest
import torch

from wurstchen_export.__main__ import main
from wurstchen_export.experiment_plan import Run, snapshots

MINUTES = 0.1


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return drawn_parts.write_data(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="module")
def stage_a(data, tmp_path_factory):
    return drawn_parts.train_stage_a(data, tmp_path_factory.mktemp("a"))


@pytest.fixture(scope="module")
def trained(data, stage_a, tmp_path_factory):
    out = tmp_path_factory.mktemp("experiment") / "run"
    assert experiment_run(data, stage_a, out) == 0
    return out


def experiment_run(data, stage_a, out, *more):
    options = ["--device", "cpu", "--tiny", "--no-compile", "--no-bf16", "--snapshot-seconds", 1, "--minutes", MINUTES]
    places = ["--data", data, "--stage-a", stage_a, "--out", out]
    return main(["experiment", "run", *(str(option) for option in (*places, *options, *more))])


def error_of(capsys, run, *arguments):
    assert run(*arguments) == 1
    return capsys.readouterr().err.removeprefix("error: ").strip()


def test_both_arms_train_for_the_same_time(trained):
    run = Run.load(trained)
    assert set(run.stages) == {"b_joint", "b", "c", "plain"}
    for arm in ("cascade", "plain"):
        assert 60 * MINUTES <= run.arm_seconds(arm) < 60 * MINUTES + 6  # a step over, and the last checkpoint
    assert run.arm_seconds("cascade", before="c") < run.arm_seconds("cascade")
    for took in run.stages.values():
        assert took["steps"] > 0 and took["process_seconds"] > took["training_seconds"]


def test_both_arms_start_from_the_same_stage_a(trained, stage_a):
    expected = (stage_a / "a.safetensors").read_bytes()
    assert all((trained / arm / "a.safetensors").read_bytes() == expected for arm in ("cascade", "plain"))


def test_snapshots_of_the_last_stage_are_kept_with_their_seconds(trained):
    for arm, parts in (("cascade", {"c", "text_c"}), ("plain", {"plain", "text_plain"})):
        found = snapshots(trained, arm)
        assert len(found) >= 2
        assert [seconds for seconds, _ in found] == sorted(seconds for seconds, _ in found)
        assert all({path.stem for path in folder.iterdir()} == parts for _, folder in found)
        last = found[-1][1]
        assert all((last / f"{part}.safetensors").read_bytes() == (trained / arm / f"{part}.safetensors").read_bytes()
                   for part in parts)


def test_what_was_trained_before_is_not_trained_again(trained, data, stage_a, capsys):
    before = (trained / "run.json").read_bytes()
    assert experiment_run(data, stage_a, trained) == 0
    assert capsys.readouterr().out.splitlines() == [
        "cascade, b_joint: was trained before",
        "cascade, b: was trained before",
        "cascade, c: was trained before",
        "plain, plain: was trained before",
    ]
    assert (trained / "run.json").read_bytes() == before


def test_run_of_another_kind_in_the_same_folder_is_refused(trained, data, stage_a, capsys):
    assert error_of(capsys, experiment_run, data, stage_a, trained, "--seed", 4) == (
        f"{trained} holds a run with seed 0, not 4: go on with the same, or name another --out"
    )


def test_another_stage_a_is_refused(trained, data, stage_a, tmp_path, capsys):
    out, other = shutil.copytree(trained, tmp_path / "run"), tmp_path / "other"
    other.mkdir()
    (other / "a.safetensors").write_bytes(b"other")
    entry = json.loads((out / "run.json").read_text())
    del entry["stages"]["c"]
    (out / "run.json").write_text(json.dumps(entry))
    assert error_of(capsys, experiment_run, data, other, out) == (
        f"{out / 'cascade' / 'a.safetensors'} is another Stage A than {other / 'a.safetensors'}:"
        " go on with the same, or name another --out"
    )


def test_stage_that_fails_is_named_with_its_log(data, stage_a, tmp_path, capsys):
    out = tmp_path / "run"
    more = ["--arms", "plain", "--more", "plain", "--attending 9"]
    assert error_of(capsys, experiment_run, data, stage_a, out, *more) == (
        f"plain, plain failed (exit 1): see {out / 'plain' / 'plain.log'};"
        " the same command again goes on from its checkpoint"
    )
    assert "--attending must be 1 to 2, the number of levels, got 9" in (out / "plain" / "plain.log").read_text()


@pytest.mark.parametrize(
    "more, message",
    [
        (["--minutes", "0"], "--minutes must be above 0, the training time of each arm, got 0.0"),
        (
            ["--shares", "0.5", "0.5"],
            "--shares must be two numbers above 0 that leave something of 1 for Stage C, got 0.5 and 0.5",
        ),
        (["--more", "d", ""], "--more d: there is no such stage; there are b_joint, b, c, plain"),
    ],
)
def test_options_out_of_range_are_refused(data, stage_a, tmp_path, capsys, more, message):
    assert error_of(capsys, experiment_run, data, stage_a, tmp_path, *more) == message


def test_missing_stage_a_is_named(data, tmp_path, capsys):
    assert error_of(capsys, experiment_run, data, tmp_path, tmp_path / "run") == (
        f"{tmp_path / 'a.safetensors'} is missing: name the folder in which `train stage-a` wrote it"
    )


def test_missing_data_are_named(stage_a, tmp_path, capsys):
    assert error_of(capsys, experiment_run, tmp_path, stage_a, tmp_path / "run") == (
        f"{tmp_path} has no index.json: make it with: python -m wurstchen_export train data --out DIR"
    )


def test_gpu_that_is_not_there_is_refused(data, stage_a, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert error_of(capsys, experiment_run, data, stage_a, tmp_path / "run", "--device", "cuda") == (
        f"--device cuda: torch {torch.__version__} sees no GPU here; use --device cpu --tiny to try the commands"
    )
