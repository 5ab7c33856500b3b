"""Training in two processes on the CPU: they take the step that one would, stay equal, and end together."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import drawn_parts
import pytest
import rank_work
import torch

from wurstchen_export.__main__ import main
from wurstchen_export.errors import ExportError
from wurstchen_export.train.engine import processes
from wurstchen_export.train.engine.options import prepare_machine
from wurstchen_export.train.engine.parts import load_part
from wurstchen_export.train.engine.processes import Report, in_processes
from wurstchen_export.train.stage_a import CODES_START

SIZES = {
    "stage-a": [*drawn_parts.SIZES_A, "--batch", "4"],
    "stage-b": ["--widths", "16", "32", "--blocks", "1", "1", "--compressor-widths", "8", "8", "16", "16"],
    "stage-c": ["--width", "32", "--depth", "1", "--heads", "1"],
    "plain": ["--widths", "16", "32", "--blocks", "1", "1", "--attending", "1"],
    "judge": ["--side", "32", "--widths", "16", "32", "--blocks", "0", "0", "--batch", "8"],
}
TEXT = ["--text-width", "32", "--text-layers", "1", "--pool", "15", "--renew", "3", "--variants", "2", "--batch", "4"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return drawn_parts.write_data(tmp_path_factory.mktemp("drawn"))


def command(name, data, out, *more):
    text = TEXT if name in ("stage-b", "stage-c", "plain") else []
    return [name, "--data", str(data), "--out", str(out), "--no-bf16", *SIZES[name], *text, *more]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What one process and what two found, on the same pictures in all."""
    alone, together = (tmp_path_factory.mktemp(name) for name in ("alone", "together"))
    in_processes(rank_work.arguments(alone, 1), rank_work.train_net)
    in_processes(rank_work.arguments(together, 2), rank_work.train_net)
    return [torch.load(path) for path in (alone / "found0.pt", together / "found0.pt", together / "found1.pt")]


def test_processes_start_with_the_weights_and_buffers_of_the_first(found):
    alone, first, second = (some["start"] for some in found)
    for name, value in alone.items():
        assert torch.equal(first[name], value) and torch.equal(second[name], value), name


def test_gradient_of_two_processes_is_that_of_the_whole_batch(found):
    alone, first, second = (some["gradients"] for some in found)
    assert [gradient is None for gradient in alone] == [True, True, False, False, False, False]
    for expected, one, other in zip(alone, first, second, strict=True):
        if expected is None:
            assert one is None and other is None
        else:
            assert torch.equal(one, other)
            assert torch.allclose(one, expected, rtol=1e-4, atol=1e-7)  # sums in another order


def test_two_processes_take_the_steps_that_one_takes_and_stay_equal(found):
    alone, first, second = found
    for name, value in alone["weights"].items():
        assert torch.equal(first["weights"][name], second["weights"][name]), name
        assert torch.allclose(first["weights"][name], value, rtol=1e-3, atol=1e-5), name
    assert not torch.equal(alone["weights"]["layers.0.weight"], alone["start"]["layers.0.weight"])
    for expected, one, other in zip(alone["average"], first["average"], second["average"], strict=True):
        assert torch.equal(one, other) and torch.allclose(one, expected, rtol=1e-3, atol=1e-5)


def test_step_whose_loss_is_not_finite_in_one_process_is_skipped_by_all(found):
    alone, first, second = found
    assert [some["skipped"] for some in found] == [1.0, 1.0, 1.0]
    for name, value in alone["after skip"].items():
        assert torch.equal(first["after skip"][name], second["after skip"][name]), name
        assert torch.allclose(first["after skip"][name], value, rtol=1e-3, atol=1e-5), name


def test_clock_of_the_first_process_decides_the_rates_and_the_end(found):
    _, first, second = found
    assert len(first["rates"]) > 5 and first["rates"] == second["rates"]
    assert all(torch.equal(first["after time"][name], value) for name, value in second["after time"].items())


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """Every stage, the plain model and the judge, trained by two processes."""
    out = tmp_path_factory.mktemp("trained")
    steps = {"stage-a": CODES_START + 2}
    commands = [command(name, data, out, "--steps", str(steps.get(name, 3))) for name in SIZES]
    commands.insert(2, command("stage-b", data, out, "--steps", "2", "--freeze-compressor"))
    commands.append(command("plain", data, out, "--steps", "5"))
    in_processes(rank_work.arguments(out, 2, commands=commands), rank_work.train_stages)
    return out


@pytest.mark.parametrize("stage", ["a", "b_joint", "b", "c", "plain", "judge"])
def test_stage_of_two_processes_draws_other_pictures_and_keeps_equal_weights(trained, stage):
    first, second = (torch.load(trained / f"{stage}{rank}.pt") for rank in range(2))
    assert first["batch"] == second["batch"] == (4 if stage == "judge" else 2)
    assert not set(first["drawn"]) & set(second["drawn"])
    for name, value in first["weights"].items():
        assert torch.equal(second["weights"][name], value), name
    for one, other in zip(first["average"], second["average"], strict=True):
        assert torch.equal(one, other)
    assert (trained / stage / "done").exists()


def test_run_of_two_processes_goes_on_with_two_from_the_same_step(trained):
    lines = [json.loads(line) for line in (trained / "plain" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 3, 4, 5]


def test_only_the_first_of_two_processes_writes_a_log(trained):
    lines = [json.loads(line) for line in (trained / "c" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 3]
    last = lines[-1]
    images, rounding = 3 * 4, 0.051  # of both processes; seconds are logged in tenths
    assert last["images_per_second"] >= images / (last["seconds"] + rounding)
    assert last["images_per_second"] <= images / max(last["seconds"] - rounding, 1e-9)


def test_run_of_one_process_goes_on_with_two(data, tmp_path, capfd):
    for count, steps in ((1, 3), (2, 5)):
        more = ["--steps", str(steps), "--processes", str(count)]
        assert main(["train", *command("stage-a", data, tmp_path, *more)]) == 0
        assert (tmp_path / "a" / "done").exists() and load_part(tmp_path, "a")[1]["width"] == 16
    log = [json.loads(line) for line in (tmp_path / "a" / "log.jsonl").read_text().splitlines()]
    said = [json.loads(line) for line in capfd.readouterr().out.splitlines() if line.startswith("{")]
    assert [line["step"] for line in log] == [line["step"] for line in said] == [1, 3, 3, 4, 5, 5]


def test_process_that_fails_ends_all(tmp_path):
    message = "process 1 of 2 failed (ValueError: broken); the others were ended: see what is printed above"
    with pytest.raises(ExportError, match=f"^{re.escape(message)}$"):
        in_processes(rank_work.arguments(tmp_path, 2, how="raise"), rank_work.fail)


KILLED = "was killed (signal 9); the others were ended: the same command again goes on from the last checkpoint"


def failed(*ends):
    """Processes with these exit codes and reports."""
    pipe = lambda report: SimpleNamespace(poll=lambda: report is not None, recv=lambda: report)
    return [(SimpleNamespace(exitcode=code), pipe(report)) for code, report in ends]


def test_process_that_failed_first_is_the_one_that_is_named(monkeypatch):
    monkeypatch.setattr(processes, "SETTLE_SECONDS", 0)
    lost, refused = Report(2.0, False, "RuntimeError: connection lost"), Report(1.0, True, "there are no data")
    assert processes._why(failed((1, lost), (1, refused))) == "there are no data"
    assert processes._why(failed((1, lost), (None, None), (-9, None))) == f"process 2 of 3 {KILLED}"
    assert processes._why(failed((1, lost), (7, None))) == (
        "process 1 of 2 ended with exit status 7, saying nothing; the others were ended: the same command again goes on"
        " from the last checkpoint"
    )


class Ending:
    """A process that has ended once it was asked so many times whether it has; its sentinel is always ready."""

    def __init__(self, asked: int, code: int):
        self.asked, self.code = asked, code
        self.sentinel, end = os.pipe()
        os.close(end)

    @property
    def exitcode(self):
        self.asked -= 1
        return None if self.asked >= 0 else self.code

    def join(self, seconds):
        self.asked = 0


@pytest.mark.timeout(60)  # a wait for the end of none would go on forever
@pytest.mark.parametrize("code", [0, 9])
@pytest.mark.parametrize("first_asked", range(1, 6))
@pytest.mark.parametrize("other_asked", range(0, 6))
def test_processes_that_end_at_any_moment_are_seen_to_end(monkeypatch, code, first_asked, other_asked):
    monkeypatch.setattr(processes, "SETTLE_SECONDS", 0)
    [(_, none)] = failed((None, None))
    members = [(process, none) for process in (Ending(first_asked, code), Ending(other_asked, 0))]
    if code:
        with pytest.raises(ExportError, match="^process 0 of 2 ended with exit status 9, saying nothing; "):
            processes._look_after(members)
    else:
        processes._look_after(members)


def test_processes_end_with_the_command_that_started_them(tmp_path):
    places = {"RANK_WORK_OUT": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = subprocess.Popen([sys.executable, rank_work.__file__, "train_for_an_hour"], env=os.environ | places)
    files = [tmp_path / f"process{rank}.json" for rank in range(2)]
    wait_until(lambda: (tmp_path / "net" / "log.jsonl").exists())
    numbers = [json.loads(file.read_text()) for file in files]
    command.send_signal(signal.SIGKILL)
    command.wait()
    wait_until(lambda: not any(is_running(number) for number in numbers))


def wait_until(condition):
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("waited for ten minutes")


def is_running(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--processes", "0"], "--processes must be at least 1, got 0"),
        (["--batch", "10", "--processes", "4"], "--batch 10 cannot be divided by --processes 4: use --batch 8"),
        (["--batch", "3", "--processes", "4"], "--batch 3 cannot be divided by --processes 4: use --batch 4"),
        (
            ["--device", "cuda:1", "--processes", "2"],
            "--device cuda:1 names one GPU, --processes 2 needs several: use --device cuda, and CUDA_VISIBLE_DEVICES to"
            " choose",
        ),
        (
            ["--device", "cuda", "--processes", "4"],
            f"--processes 4 needs as many GPUs, torch {torch.__version__} sees 2: use --processes 2",
        ),
    ],
)
def test_processes_that_cannot_be_had_are_refused(data, tmp_path, capsys, monkeypatch, options, message):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert main(["train", *command("stage-a", data, tmp_path, "--steps", "1", *options)]) == 1
    assert capsys.readouterr().err == f"error: {message}\n"


def test_processes_of_a_command_that_starts_none_are_refused(tmp_path):
    args = rank_work.arguments(tmp_path, 2, seed=0)
    message = "--processes 2: this command trains in one process; leave it out"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        prepare_machine(args)


def test_process_that_meets_no_other_gives_up(tmp_path, monkeypatch):
    monkeypatch.setattr(processes.os, "_exit", lambda code: None)
    said = []
    processes._give_up(1, 2, type("Pipe", (), {"send": said.append}))
    assert said[0].message == (
        "process 1 of 2 could not exchange anything with the others for 180 s: use --processes 1, or look for what NCCL"
        " says with NCCL_DEBUG=INFO"
    )
