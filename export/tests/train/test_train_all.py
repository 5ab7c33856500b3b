"""`train all`: which stage runs where, what it goes on from, and what happens when one fails."""

import argparse
import json
import re
import shutil
import sys
import time

import pytest
import rank_work
import torch
from test_train import data, losses, parts  # noqa: F401 (fixtures)

from wurstchen_export import train_commands as train
from wurstchen_export.__main__ import main
from wurstchen_export.errors import ExportError
from wurstchen_export.train import all as together
from wurstchen_export.train import plan, starting_parts
from wurstchen_export.train.engine.parts import load_part
from wurstchen_export.train.plan import Task, ends

ENCODER = ("in_block", "down_blocks", "vquantizer")


def arguments(*options):
    parser = argparse.ArgumentParser()
    together.add_options(parser)
    return parser.parse_args(["--data", "DATA", "--out", "OUT", "--minutes", "24", "--device", "cpu", *options])


def devices(*options):
    return {name: where for name, where in plan.devices_of(arguments(*options)).items() if where}


FROZEN = ["--start-from", "PARTS", "--stages", "a", "b", "c", "--freeze-encoder"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {}),
        (["--devices", "3"], {"a": [3], "b_joint": [3], "b": [3], "c": [3]}),
        (["--devices", "0", "1"], {"a": [0, 1], "b_joint": [0, 1], "b": [0], "c": [1]}),
        (["--devices", "0", "1", "2"], {"a": [0, 1, 2], "b_joint": [0, 1, 2], "b": [0, 1], "c": [2]}),
        (
            ["--devices", "0", "1", "2", "--devices-for-b", "1"],
            {"a": [0, 1, 2], "b_joint": [0, 1, 2], "b": [0], "c": [1, 2]},
        ),
        (["--devices", "0", "1", "--stages", "a", "b", "c"], {"a": [0], "b_joint": [0, 1], "b": [0], "c": [1]}),
        (["--devices", "0", "1", "--stages", "c"], {"a": [0, 1], "b_joint": [0, 1], "b": [0, 1], "c": [0, 1]}),
        (["--devices", "5", "6", "7", "8", *FROZEN], {"a": [8], "b_joint": [5, 6, 7, 8], "b": [5, 6], "c": [7, 8]}),
        (
            ["--devices", "0", "1", "2", "3", "--devices-for-a", "1", "--devices-for-b", "1", *FROZEN],
            {"a": [3], "b_joint": [0, 1, 2], "b": [0], "c": [1, 2]},
        ),
    ],
)
def test_devices_are_shared_out(options, expected):
    assert devices(*options) == expected


def test_one_device_is_trained_on_as_without_processes():
    words = plan.command_of("c", arguments(), 5.0, 1)
    assert words[words.index("stage-c") :] == (
        "stage-c --data DATA --concepts all --out OUT --device cpu --until 5.0 --save-seconds 60.0 --log-seconds 10"
        " --threads 1 --compile --bf16 --shifted-depthwise --wait-for OUT/b_joint --batch 1024 --pool 200000 --renew 64"
        " --learning-rate 6e-4 --flat 0.35 --ema 0.9995 --warmup 300"
    ).split()


@pytest.mark.parametrize(("count", "batch"), [(1, 1024), (2, 1024), (3, 2049), (4, 2048)])
def test_three_devices_and_more_share_twice_the_batch_at_the_same_rate(count, batch):
    parsed = argparse.ArgumentParser()
    plan.MODULES["c"].add_options(parsed)
    words = plan.settings("c", arguments(), count)
    found = parsed.parse_args(["--data", "DATA", "--out", "OUT", *words])
    assert (found.batch, found.processes, found.learning_rate) == (batch, count, 6e-4)


def test_more_options_of_a_stage_win():
    args = arguments("--more", "c", "--batch 512 --learning-rate '1e-4'", "--more", "b", "--ema 0")
    assert plan.settings("c", args, 2)[-4:] == ["--batch", "512", "--learning-rate", "1e-4"]
    assert plan.settings("b", args, 2)[-2:] == ["--ema", "0"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {"a": None, "b_joint": "a", "b": "b_joint", "c": "b_joint"}),
        (["--stages", "a", "b", "c"], {"a": None, "b": "a", "c": None}),
        (["--stages", "b", "c"], {"b": None, "c": None}),
        (FROZEN, {"a": None, "b": None, "c": None}),
    ],
)
def test_stages_wait_for_what_changes_their_latents(options, expected):
    args = arguments(*options)
    assert {name: plan.waits_for(name, args) for name in args.stages} == expected


@pytest.mark.parametrize(("stages", "starts"), [(["a", "b", "c"], True), (["a", "b_joint", "b", "c"], False)])
def test_stage_b_alone_starts_from_the_parts_unless_the_joint_run_makes_others(stages, starts):
    args = arguments("--start-from", "PARTS", "--stages", *stages)
    for name in stages:
        words = plan.command_of(name, args, 5.0, 1)
        assert ("--start-from" in words) == (starts or name != "b")
        assert ("--freeze-compressor" in words) == (name == "b")


def test_stage_sees_its_gpus_among_those_that_can_be_seen(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert plan.environment([1, 3], "cuda")["CUDA_VISIBLE_DEVICES"] == "1,3"
    assert "CUDA_VISIBLE_DEVICES" not in plan.environment([1, 3], "cpu")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6,7")
    assert plan.environment([1, 3], "cuda")["CUDA_VISIBLE_DEVICES"] == "5,7"
    assert plan.environment(None, "cuda")["CUDA_VISIBLE_DEVICES"] == "4,5,6,7"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--freeze-encoder"],
            "--freeze-encoder goes on from a trained Stage A: give --start-from, and a among --stages, or leave it out",
        ),
        (
            ["--devices", "0", "1", "--devices-for-a", "1"],
            "--devices-for-a needs --freeze-encoder: otherwise Stage A trains before the others, on all",
        ),
        (
            ["--devices", "0", "1", "--devices-for-a", "2", *FROZEN],
            "--devices-for-a must leave some of 2 devices to the others, got 2",
        ),
        (
            ["--devices", "0", "1", "--devices-for-b", "2"],
            "--devices-for-b 2: B and C must both be among --stages and have at least one of 2 devices each; leave it"
            " out",
        ),
        (
            ["--devices", "0", "1", "--devices-for-b", "1", "--stages", "b"],
            "--devices-for-b 1: B and C must both be among --stages and have at least one of 2 devices each; leave it"
            " out",
        ),
        (["--devices", "1", "1"], "--devices must be different numbers from 0 on, got 1 1"),
        (
            ["--device", "cuda", "--devices", "0", "2"],
            f"--devices 0 2: torch {torch.__version__} sees 2 GPUs here, numbered from 0",
        ),
        (
            ["--device", "cuda:1", "--devices", "0"],
            "--device cuda:1 and --devices both name GPUs: use --device cuda",
        ),
        (
            ["--stages", "a", "c", "--more", "b", "--ema 0"],
            "--more b: there is no such stage in this run; there are a, c",
        ),
        (
            ["--devices", "0", "1", "--more", "b_joint", "--batch 511"],
            "--batch 511 cannot be divided by --processes 2: use --batch 512",
        ),
        (
            ["--start-from", "PARTS", "--stages", "c"],
            "--start-from PARTS has no c, compressor, text_c: name a folder of parts, such as `train parts` writes",
        ),
    ],
)
def test_options_that_do_not_fit_are_refused_before_anything_starts(tmp_path, capsys, monkeypatch, options, message):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    places = ["--data", "DATA", "--out", str(tmp_path), "--minutes", "24"]
    assert main(["train", "all", *places, "--device", "cpu", *options]) == 1
    assert capsys.readouterr().err == f"error: {message}\n"
    assert not list(tmp_path.iterdir())


def test_option_that_a_stage_does_not_have_is_found_before_anything_starts(tmp_path, capsys):
    places = ["--data", "DATA", "--out", str(tmp_path), "--minutes", "24", "--device", "cpu"]
    with pytest.raises(SystemExit, match="^2$"):
        main(["train", "all", *places, "--more", "c", "--learning-rates 1"])
    assert capsys.readouterr().err.endswith("train all, stage c: error: unrecognized arguments: --learning-rates 1\n")
    assert not list(tmp_path.iterdir())


def write_parts(folder, **contents):
    folder.mkdir(exist_ok=True)
    for name, text in contents.items():
        (folder / f"{name}.safetensors").write_text(text)
    return folder


def contents(folder):
    return {path.stem: path.read_text() for path in folder.iterdir()}


SHIPPED = dict.fromkeys(("a", "compressor", "b", "text_b", "c", "text_c"), "shipped")


def test_parts_that_are_not_there_yet_are_placed(tmp_path):
    source = write_parts(tmp_path / "source", **SHIPPED)
    out = write_parts(tmp_path / "out", b="trained")
    starting_parts.place(source, out, ["b", "c"])
    starting_parts.place(source, out, ["b", "c"])
    assert contents(out) == SHIPPED | {"b": "trained"}


def test_another_part_that_no_stage_would_train_is_refused(tmp_path):
    source = write_parts(tmp_path / "source", **SHIPPED)
    out = write_parts(tmp_path / "out", compressor="other")
    message = (
        f"{out}/compressor.safetensors differs from {source}/compressor.safetensors, and no stage of this run trains"
        " it: name another --out, or go on from the parts in it without --start-from"
    )
    with pytest.raises(ExportError, match=f"^{re.escape(message)}$"):
        starting_parts.place(source, out, ["c"])
    starting_parts.place(source, out, ["b_joint"])


def stage_of(tmp_path, script, count=2, **more):
    task = Task("c", [sys.executable, "-c", script], list(range(count)), time.time())
    return together.Stage(task, tmp_path / "c.log", plan.environment(None, "cpu"), **more)


def watched(stage, tmp_path):
    stage.start()
    return together.watch([stage], tmp_path, time.time() + 3600)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(together, "POLL_SECONDS", 0.05)


def test_several_processes_that_fail_twice_are_followed_by_one_alone(tmp_path, quick, capsys):
    stage = stage_of(tmp_path, "import sys; print(sys.argv[1:], flush=True); sys.exit(3 if not sys.argv[1:] else 0)")
    assert watched(stage, tmp_path) == []
    assert stage.log.read_text() == "[]\n[]\n['--processes', '1']\n"
    again = f"c failed (exit 3); starting it again; see {stage.log}\n"
    assert capsys.readouterr().out == f"{again}{again}c is done\n"


def test_one_process_that_fails_twice_has_failed(tmp_path, quick):
    assert watched(stage_of(tmp_path, "import sys; sys.exit(3)", count=1), tmp_path) == ["c"]
    assert (tmp_path / "c" / "done").exists()


def test_processes_that_do_not_end_are_ended(tmp_path, quick, capsys):
    stage = stage_of(tmp_path, "import time; time.sleep(3600)", overtime=0.0)
    assert watched(stage, tmp_path) == ["c"]
    assert capsys.readouterr().out == (
        "c is not done 0 s after its time: ending it\n"
        f"c failed (exit -9); going on with the parts it saved; see {stage.log}\n"
    )


def test_processes_of_which_one_is_killed_start_again_as_a_whole(tmp_path, quick, monkeypatch):
    monkeypatch.setenv("RANK_WORK_OUT", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    task = Task("c", [sys.executable, rank_work.__file__, "train_but_be_killed_once"], [0, 1], time.time())
    stage = together.Stage(task, tmp_path / "c.log", plan.environment(None, "cpu"))
    assert watched(stage, tmp_path) == [] and stage.attempts == 2
    lines = [json.loads(line) for line in (tmp_path / "net" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 1, 5]
    assert "process 1 of 2 was killed (signal 9); the others were ended" in stage.log.read_text()


def all_stages(data, out, *more):
    options = [
        "--data",
        str(data),
        "--concepts",
        str(data / "concepts.tsv"),
        "--device",
        "cpu",
        "--no-compile",
        "--tiny",
    ]
    return ["all", *options, "--out", str(out), "--minutes", "0.4", *more]


def test_all_goes_on_with_the_other_stages_when_one_fails(parts, data, tmp_path, capsys):  # noqa: F811
    out = shutil.copytree(parts, tmp_path / "parts")
    for part in ("a", "c"):
        (out / f"{part}.safetensors").unlink()
    (out / "a.safetensors").write_text("damaged")
    for folder in ("a", "c", "b_joint"):
        shutil.rmtree(out / folder)
    with pytest.raises(SystemExit, match="^failed: b$"):
        train.main(all_stages(data, out, "--stages", "b", "c"))
    said = capsys.readouterr().out
    assert f"b failed (exit 1); going on with the parts it saved; see {out}/b.log" in said
    assert "c is done" in said and load_part(out, "c")[1]["width"] == 64


def test_all_keeps_its_end_when_started_again(tmp_path):
    args = argparse.Namespace(out=tmp_path, minutes=10.0, shares=[0.2, 0.5], devices_for_a=0)
    first = ends(args)
    args.minutes = 99.0
    assert ends(args) == first
    assert round(first["c"] - first["a"]) == round(0.8 * 540) and first["b"] == first["c"]


def test_all_goes_on_from_parts_with_the_latents_as_they_are(parts, data, tmp_path):  # noqa: F811
    more = ["--stages", "a", "b", "c", "--freeze-encoder", "--devices", "0", "1", "2", "--minutes", "0.2"]
    train.main(all_stages(data, tmp_path, "--start-from", str(parts), *more))
    (first, _), (then, _) = (load_part(folder, "a") for folder in (parts, tmp_path))
    same = {name for name, value in first.items() if torch.equal(value, then[name])}
    assert {name for name in first if name.startswith(ENCODER)} <= same < set(first)
    for name, changed in (("compressor", False), ("b", True), ("text_b", True), ("c", True), ("text_c", True)):
        old, new = ((folder / f"{name}.safetensors").read_bytes() for folder in (parts, tmp_path))
        assert (new != old) == changed, name
    untrained, *_, trained = losses(parts / "b_joint")
    resumed = losses(tmp_path / "b")[0]
    assert abs(resumed - trained) < abs(resumed - untrained)
    assert (tmp_path / "prompts.png").exists() and (tmp_path / "collected" / "parts.tar.00").exists()
