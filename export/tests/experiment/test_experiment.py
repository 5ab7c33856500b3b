"""The experiment on drawn shapes: both arms train equally long, and what is asked for wrongly is refused."""

import json
import shutil
import time
from types import SimpleNamespace

import drawn_data
import drawn_parts
import numpy as np
import pytest
import torch
from PIL import Image

from wurstchen_export.__main__ import main
from wurstchen_export.evaluate import prompts
from wurstchen_export.evaluate.judge import store
from wurstchen_export.evaluate.judge.labels import Labels
from wurstchen_export.evaluate.judge.model import JudgeNet
from wurstchen_export.experiment import stage as experiment_stage
from wurstchen_export.experiment.plan import STAGES, Run, snapshots
from wurstchen_export.experiment.values import high_frequency, kernel_distance
from wurstchen_export.train.dataset.pictures import Pictures
from wurstchen_export.train.engine.parts import load_part

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
    for stage in STAGES:
        assert run.stages[stage.name]["training_seconds"] >= round(60 * run.minutes_of(stage), 2)
    assert sum(run.minutes_of(stage) for stage in STAGES if stage.arm == "cascade") == pytest.approx(MINUTES)
    assert run.minutes_of(STAGES[-1]) == MINUTES
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


def test_saving_stops_the_clock():
    loop = SimpleNamespace(started=100.0, elapsed=7.0)

    def save_model():
        loop.elapsed = 99.0  # as a line does that is logged while saving
        time.sleep(0.01)

    experiment_stage._saving(SimpleNamespace(loop=loop, save_model=save_model), (), None)()
    assert loop.elapsed == 7.0 and loop.started >= 100.01


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


@pytest.fixture(scope="module")
def prompt_file(data, tmp_path_factory):
    pictures = Pictures(data, None)
    file = tmp_path_factory.mktemp("prompts") / "prompts.tsv"
    prompts.write(prompts.draw(pictures, 6, 1, seed=1), pictures.index_digest, file)
    return file


@pytest.fixture(scope="module")
def judge(data, tmp_path_factory):
    """A judge of random weights: measuring needs its files, not its wisdom."""
    folder = tmp_path_factory.mktemp("judge")
    torch.manual_seed(0)
    net = JudgeNet((6, 2, 16), widths=(8, 16), blocks=(0, 0), side=32).eval()
    store.save(folder, net, Labels.of(Pictures(data, None)), {"pictures": 0})
    store.write_graph(folder, folder)
    return folder


def measure(data, out, prompt_file, *more):
    options = ["--device", "cpu", "--prompts", 4, "--curve-prompts", 2, "--steps", 2, "--stage-b-steps", 2]
    options += ["--batch", 3, "--no-bf16", "--prompt-file", prompt_file]
    places = ["--data", data, "--out", out]
    return main(["experiment", "measure", *(str(option) for option in (*places, *options, *more))])


@pytest.fixture(scope="module")
def measured(trained, data, prompt_file, judge):
    assert measure(data, trained, prompt_file, "--judge", judge) == 0
    return json.loads((trained / "experiment.json").read_text())


def test_measure_judges_renders_and_both_arms(measured):
    keys = {"top1", "top5", "heldout_top5", "style", "background", "kernel_distance", "mean", "std", "high_frequency"}
    assert set(measured["pictures"]) == {"renders", "stage_a", "cascade", "plain"}
    assert all(set(values) == keys for values in measured["pictures"].values())
    assert (measured["prompts"], measured["curve_prompts"]) == (4, 2)


def test_measure_says_what_both_arms_cost(measured, trained):
    cascade, plain = (measured["costs"][arm] for arm in ("cascade", "plain"))
    run = Run.load(trained)
    assert cascade["images"] == sum(run.stages[name]["images"] for name in ("b_joint", "b", "c"))
    assert plain["steps"] == run.stages["plain"]["steps"]
    for cost in (cascade, plain):
        assert cost["seconds_alone"] > 0 and cost["seconds_in_batch"] > 0 and cost["operations"] > 1e6
    state, _ = load_part(trained / "plain", "plain")
    text, _ = load_part(trained / "plain", "text_plain")
    assert plain["parameters"] == sum(value.numel() for value in (*state.values(), *text.values()))


def test_curves_end_with_what_the_trained_arms_draw(measured, trained):
    run = Run.load(trained)
    for arm in ("cascade", "plain"):
        points = measured["curves"][arm]
        assert len(points) == len(snapshots(trained, arm))
        assert points[-1]["seconds"] == pytest.approx(run.arm_seconds(arm), abs=0.2)
    assert measured["curves"]["cascade"][0]["seconds"] > run.arm_seconds("cascade", before="c")
    assert measured["losses"]["c"][0][0] >= round(run.arm_seconds("cascade", before="c"), 1)
    for points in measured["losses"].values():
        assert points == sorted(points, key=lambda point: point[0])


def test_table_and_figures_are_written(measured, trained):
    lines = (trained / "experiment.md").read_text().splitlines()
    assert lines[0].startswith("Each arm trained for 0.1 minutes on CPU (")
    assert lines[0].endswith(
        "tiny models); 4 prompts, %d of them of held-out pairs; Stage C and the plain model 2 steps with guidance 4,"
        " Stage B 2 steps; batches of 3, float32." % measured["heldout_prompts"]
    )
    assert lines[2] == "| | real renders | renders through Stage A | cascade | plain |"
    assert len(lines) == 4 + 9 + 8
    with Image.open(trained / "experiment.png") as curves, Image.open(trained / "experiment-sheet.png") as sheet:
        assert curves.size == (2 * 520, 320 + 4 * 18 + 8)
        assert sheet.size == (5 * 136, 4 * 136 + 44)


def test_without_a_judge_pixels_are_measured(trained, data, prompt_file, tmp_path, capsys, monkeypatch):
    out = shutil.copytree(trained, tmp_path / "run")
    monkeypatch.setattr("wurstchen_export.experiment.measure.FOLDER", tmp_path)
    assert measure(data, out, prompt_file) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"{tmp_path} holds no judge.onnx: what only a judge can tell is left out"
    found = json.loads((out / "experiment.json").read_text())
    assert set(found["pictures"]["plain"]) == {"mean", "std", "high_frequency"}
    assert found["curves"] == {"cascade": [], "plain": []} and found["judge"] is None


def test_measure_of_an_untrained_arm_is_refused(trained, data, prompt_file, tmp_path, capsys):
    out = shutil.copytree(trained, tmp_path / "run")
    entry = json.loads((out / "run.json").read_text())
    del entry["stages"]["plain"]
    (out / "run.json").write_text(json.dumps(entry))
    assert error_of(capsys, measure, data, out, prompt_file) == (
        f"{out}: plain, plain is not trained yet: start `experiment run` again"
    )
    assert error_of(capsys, measure, data, tmp_path, prompt_file) == (
        f"{tmp_path} holds no run.json: name a folder that `experiment run` wrote"
    )


@pytest.mark.parametrize(
    "more, message",
    [
        (["--steps", 0], "--steps must be at least 1, got 0"),
        (["--batch", 0], "--batch must be at least 1, got 0"),
        (["--curve-prompts", -1], "--curve-prompts must be at least 0, got -1"),
        (["--prompts", 1], "--prompts and --curve-prompts must be at least 2: one picture has no distribution"),
    ],
)
def test_measure_refuses_options_out_of_range(trained, data, prompt_file, capsys, more, message):
    assert error_of(capsys, measure, data, trained, prompt_file, *more) == message


def test_measure_refuses_prompts_of_other_pictures(trained, data, tmp_path, capsys):
    file = tmp_path / "prompts.tsv"
    file.write_text("1F47D\tfilled\tred\t0\ta filled alien on red\n" * 4)
    assert error_of(capsys, measure, data, trained, file) == (
        f"{file}: {data} has no picture of 1F47D in style filled on red: use the prompts that were written for it"
    )


def test_measure_refuses_a_prompt_that_is_too_long(trained, data, tmp_path, capsys):
    file, code = tmp_path / "prompts.tsv", drawn_data.hexcodes()["box"]
    file.write_text(f"{code}\tfilled\tred\t0\t{'box ' * 30}\n" * 4)
    assert error_of(capsys, measure, data, trained, file) == (
        f"{file}: {'box ' * 30!r} needs more than the 18 tokens that the models were trained with: take it out"
    )


def test_detail_of_known_pictures():
    columns = np.arange(32) + np.zeros((32, 1))
    wave = lambda period: np.repeat((0.5 + 0.4 * np.cos(2 * np.pi * columns / period))[None, None], 3, 1)
    assert high_frequency(wave(16).astype(np.float32)) == pytest.approx(0.0, abs=1e-9)
    assert high_frequency(wave(2).astype(np.float32)) == pytest.approx(1.0)
    both = (wave(16) + wave(32 / 12).swapaxes(2, 3)) / 2  # equal energy, one of them fine
    assert high_frequency(both.astype(np.float32)) == pytest.approx(0.5, abs=1e-6)
    assert high_frequency(np.full((1, 3, 8, 8), 0.5, np.float32)) == 0.0


def test_kernel_distance_is_near_zero_for_one_distribution_and_grows_with_the_shift():
    source = np.random.default_rng(0)
    expected, other = source.normal(size=(200, 8)), source.normal(size=(200, 8))
    same, near, far = (kernel_distance(other + shift, expected) for shift in (0.0, 0.5, 2.0))
    assert abs(same) < 0.05 < near < far
