"""``python -m wurstchen_export experiment``: the cascade against a plain latent diffusion model of equal training time.

`run` trains both; `measure` generates the same prompts with both and writes the numbers, a table and figures.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from wurstchen_export.evaluate.prompts import FILE as PROMPT_FILE
from wurstchen_export.experiment import run as experiment_run
from wurstchen_export.experiment.plan import LAST


def add_options(parser: argparse.ArgumentParser, formatter) -> None:
    """formatter: argparse's formatter class of both commands."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, run, add, help_text in (
        ("run", _run, _add_run, "train the cascade and the plain model, one after the other"),
        ("measure", _measure, _add_measure, "draw the same prompts with both and compare them"),
    ):
        command = commands.add_parser(name, help=help_text, description=help_text, formatter_class=formatter)
        command.add_argument("--data", type=Path, required=True, help="what `train data` wrote, folder or packed")
        command.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the experiment")
        command.add_argument("--threads", type=int, default=1, help="of the CPU")
        command.add_argument(
            "--bf16", action=argparse.BooleanOptionalAction, default=True, help="compute in bfloat16"
        )
        add(command)
        command.set_defaults(run=run)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stage-a", type=Path, required=True, metavar="DIR", help="folder of a trained Stage A part")
    parser.add_argument("--minutes", type=float, required=True, help="training time of each arm, without compiling")
    parser.add_argument("--device", default="cuda", help="as torch names it")
    parser.add_argument(
        "--shares",
        type=float,
        nargs=2,
        default=experiment_run.SHARES,
        metavar=("JOINT", "B"),
        help="of the cascade's time for the compressor with Stage B and for Stage B alone; Stage C gets the rest",
    )
    parser.add_argument("--arms", nargs="+", choices=tuple(LAST), default=tuple(LAST), help="which to train now")
    parser.add_argument("--seed", type=int, default=0, help="of the weights and the batches")
    parser.add_argument("--snapshot-seconds", type=float, default=60.0, help="between snapshots and checkpoints")
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=True, help="compile the models")
    parser.add_argument("--tiny", action="store_true", help="tiny models and batches: tries the commands anywhere")
    parser.add_argument(
        "--more",
        nargs=2,
        action="append",
        default=[],
        metavar=("STAGE", "OPTIONS"),
        help="more options of one stage of b_joint, b, c, plain, for instance plain '--learning-rate 6e-4'",
    )


def _run(options) -> None:
    experiment_run.main(
        experiment_run.Options(
            data=options.data,
            stage_a=options.stage_a,
            out=options.out,
            minutes=options.minutes,
            device=options.device,
            shares=tuple(options.shares),
            arms=tuple(options.arms),
            seed=options.seed,
            snapshot_seconds=options.snapshot_seconds,
            compile=options.compile,
            bf16=options.bf16,
            threads=options.threads,
            tiny=options.tiny,
            options=tuple(tuple(pair) for pair in options.more),
        ),
        _say,
    )


def _add_measure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="cuda", help="as torch names it")
    parser.add_argument("--prompts", type=int, default=200, metavar="N", help="only the first N prompts")
    parser.add_argument("--curve-prompts", type=int, default=100, metavar="N", help="of every snapshot; 0: no curve")
    parser.add_argument("--prompt-file", type=Path, default=PROMPT_FILE, metavar="TSV", help="prompts with their emoji")
    parser.add_argument("--judge", type=Path, metavar="DIR", help="the judge; by default the one of this package")
    parser.add_argument("--steps", type=int, default=60, help="of Stage C and of the plain model, with guidance")
    parser.add_argument("--guidance", type=float, default=4.0, help="of both")
    parser.add_argument("--stage-b-steps", type=int, default=12, help="of Stage B, without guidance")
    parser.add_argument("--batch", type=int, default=50, help="pictures at a time")
    parser.add_argument("--seed", type=int, default=1, help="of the pictures")


def _measure(options) -> None:
    from wurstchen_export.experiment import measure

    chosen = {name: getattr(options, name) for name in measure.Options.__dataclass_fields__}
    measure.main(measure.Options(**chosen), _say)


def _say(line: str) -> None:
    print(line, flush=True)
