"""Command line: ``python -m wurstchen_export COMMAND``. Exit status 0, 1 for a failure, 2 for wrong usage."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import traceback
from pathlib import Path

from wurstchen_export.commands import Help, add_command, say
from wurstchen_export.errors import ExportError
from wurstchen_export.gpu import commands as gpu_commands


DEFAULT_SETTINGS = (
    ("width", int, "width of pictures in pixels"),
    ("height", int, "height of pictures in pixels"),
    ("stage-c-steps", int, "steps of Stage C"),
    ("stage-c-guidance", float, "guidance scale of Stage C"),
    ("stage-b-steps", int, "steps of Stage B"),
    ("stage-b-guidance", float, "guidance scale of Stage B"),
)
"""Options of `export` for the settings that a bundle recommends: name, type and meaning."""


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    # Training has a command line of its own, with dozens of options.
    options = None if arguments[:1] == ["train"] else _parser().parse_args(arguments)
    try:
        return (options.run(options) if options else _train(arguments[1:])) or 0
    except ExportError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return 1


def _train(arguments: list[str]) -> int:
    from wurstchen_export.train_commands import main as train

    try:
        return train(arguments)
    except (ValueError, TimeoutError) as error:
        if _raised_here(error):
            raise ExportError(str(error)) from error
        raise  # a library's: only its traceback says where


def _raised_here(error: Exception) -> bool:
    """Whether it was this package that raised it, so that its text says what to do."""
    innermost = traceback.extract_tb(error.__traceback__)[-1].filename
    return Path(__file__).parent in Path(innermost).parents


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wurstchen_export", description="Exports, checks and trains Würstchen models."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_export(commands)
    _add_parity(commands)
    _add_compare(commands)
    _add_restore(commands)
    _add_tiny(commands)
    gpu_commands.add(commands)
    _add_golden(commands)
    _add_speed(commands)
    _add_evaluate(commands)
    _add_previews(commands)
    _add_experiment(commands)
    commands.add_parser("train", help="train the stages (see: train --help)")
    return parser


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source", type=Path, metavar="DIR", help="the model as diffusers lays it out: DIR/prior and DIR/decoder"
    )
    for name in ("prior", "decoder"):
        parser.add_argument(
            f"--{name}",
            type=Path,
            metavar="PATH",
            help=f"the {name} pipeline's folder, if it is elsewhere; or a {name} alone that replaces that of --source, as"
            " a folder or a file of weights",
        )
    parser.add_argument("--variant", help="read weights of this variant where there are some, for instance bf16")
    parser.add_argument("--lite", action="store_true", help="the smaller networks of Stable Cascade")


def _source(options):
    from wurstchen_export.families.registry import find_source

    return find_source(options.source, options.prior, options.decoder, options.variant, options.lite)


def _size(text: str) -> tuple[int, int]:
    width, separator, height = text.partition("x")
    if not separator or not width.isdigit() or not height.isdigit():
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT, for instance 1024x1024, got {text!r}")
    return int(width), int(height)


def _add_export(commands) -> None:
    parser = add_command(commands, "export", _export, "write a bundle for the Java library")
    _add_source(parser)
    parser.add_argument(
        "--from-hub",
        nargs="*",
        metavar="REPO",
        help="fetch the model: the repositories of prior and decoder, one repository with both, or a family; without any,"
        " wuerstchen-v2",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="BUNDLE", help="folder to write")
    parser.add_argument("--precision", choices=("fp32", "fp16"), default="fp32", help="what the graphs compute in")
    parser.add_argument(
        "--weights",
        choices=("fp32", "fp16", "int8"),
        default="fp32",
        help="how weights are stored; fp16 halves the files, int8 halves them again",
    )
    parser.add_argument("--force", action="store_true", help="replace a bundle that is already there")
    parser.add_argument("--name", help="the model's name; by default that of its folder")
    parser.add_argument("--description", default="", help="one sentence about the model")
    parser.add_argument("--licence", default="unknown", help="the model's licence")
    parser.add_argument("--origin", help="where the model comes from; by default the name of its folder")
    parser.add_argument("--revision", help="which version of it; with --from-hub, the branch, tag or commit to fetch")
    for name, kind, what in DEFAULT_SETTINGS:
        parser.add_argument(f"--{name}", type=kind, help=f"default {what}; left out: the family's")
    parser.add_argument(
        "--size", type=_size, action="append", default=[], metavar="WxH", help="a recommended size; may be repeated"
    )


def _export(options) -> None:
    from wurstchen_export.bundle.export import Options, check_target, export
    from wurstchen_export.bundle.manifest import Provenance
    from wurstchen_export.families.registry import family

    check_target(options.out, options.force)
    fetched = _fetched(options)
    source = _source(options)
    name = fetched.origin.split(", ")[-1].rpartition("/")[2] if fetched else _folder_name(options)
    origin = options.origin or (fetched.origin if fetched else name)
    revision = fetched.revision if fetched else options.revision or "unknown"
    provenance = Provenance(options.name or name, options.description, origin, revision, options.licence)
    names = [name.replace("-", "_") for name, _, _ in DEFAULT_SETTINGS]
    chosen = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    defaults = dataclasses.replace(family(source.family).defaults, **chosen, sizes=tuple(options.size))
    export(source, options.out, provenance, defaults, Options(options.precision, options.weights, options.force), say)


def _fetched(options):
    """Fetches the model if it is to come from a hub, and names its folders in the options."""
    if options.from_hub is None:
        return None
    if options.source is not None:
        raise ExportError("--from-hub and --source name two models; pass one of them")
    from wurstchen_export.model import hub

    found = hub.fetch(options.from_hub or ["wuerstchen-v2"], options.revision, options.variant, options.lite)
    options.prior, options.decoder = options.prior or found.prior, options.decoder or found.decoder
    return found


def _folder_name(options) -> str:
    folder = options.source or options.decoder
    return folder.resolve().name


def _add_parity(commands) -> None:
    parser = add_command(
        commands, "parity", _parity, "compare every graph of a bundle, and whole runs, with the reference"
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    _add_source(parser)


def _parity(options) -> int:
    from wurstchen_export.checks import parity

    return parity.main(options.bundle, _source(options), say)


def _add_compare(commands) -> None:
    parser = add_command(
        commands, "compare", _compare, "say how far the pictures of two bundles of one model are apart, in decibels"
    )
    parser.add_argument("first", type=Path, metavar="BUNDLE")
    parser.add_argument("second", type=Path, metavar="OTHER")
    parser.add_argument("--prompt", action="append", required=True, help="one picture's prompt; may be repeated")
    parser.add_argument("--threads", type=int, default=2, help="of ONNX Runtime")


def _compare(options) -> None:
    from wurstchen_export.checks import compare

    compare.main(options.first, options.second, options.prompt, options.threads, say)


def _add_restore(commands) -> None:
    parser = add_command(
        commands, "restore", _restore, "turn a bundle back into the model it was exported from, to train or export it"
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")


def _restore(options) -> None:
    from wurstchen_export.bundle.restore import restore

    restore(options.bundle, options.out, say)


def _add_tiny(commands) -> None:
    from wurstchen_export.model.tiny import DEFAULT_SEED, SIZES

    parser = add_command(commands, "tiny", _tiny, "write a tiny model with random weights, for tests")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of the weights")
    parser.add_argument("--size", choices=SIZES, default="tiny", help="miniature: as large as the model in the box")
    parser.add_argument("--family", default="wuerstchen-v2", help="of the model: wuerstchen-v2 or stable-cascade")


def _tiny(options) -> None:
    from wurstchen_export.families.registry import family

    family(options.family).tiny(options.out, options.seed, options.size)
    say(f"wrote {options.out}")


def _add_golden(commands) -> None:
    parser = add_command(commands, "golden", _golden, "write the golden files of the Java tests")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the repository, or an empty folder to fill like it"
    )


def _golden(options) -> None:
    from wurstchen_export.checks import golden

    golden.write(options.out, say)


def _add_speed(commands) -> None:
    parser = add_command(
        commands,
        "speed",
        _speed,
        "time the reference in PyTorch, eager and compiled, beside the bundle in ONNX Runtime; without a model, on"
        " random weights",
    )
    _add_source(parser)
    parser.add_argument(
        "--bundle",
        type=Path,
        metavar="BUNDLE",
        help="the exported model; by default it is exported to a temporary folder",
    )
    parser.add_argument("--threads", type=int, default=2, help="of all")
    parser.add_argument("--no-compile", dest="compile", action="store_false", help="leave torch.compile out")
    parser.add_argument("--width", type=int, default=256, help="of the picture in pixels")
    parser.add_argument("--height", type=int, default=256, help="of the picture in pixels")
    parser.add_argument("--stage-c-steps", type=int, default=60, help="steps of Stage C")
    parser.add_argument("--stage-c-guidance", type=float, default=4.0, help="guidance scale of Stage C")
    parser.add_argument("--stage-b-steps", type=int, default=12, help="steps of Stage B")
    parser.add_argument("--stage-b-guidance", type=float, default=0.0, help="guidance scale of Stage B")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each; the fastest counts")


def _speed(options) -> None:
    from wurstchen_export.checks import speed

    named = options.source or options.prior or options.decoder
    speed.main(options, _source(options) if named else None, say)


def _add_evaluate(commands) -> None:
    from wurstchen_export.evaluate.prompts import FILE

    parser = add_command(
        commands, "evaluate", _evaluate, "measure how good a bundle's pictures are, with a judge of real pictures"
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="what `train data` wrote, for the reconstructions")
    parser.add_argument("--prompts-only", action="store_true", help="no reconstructions, no diversity: needs no data")
    parser.add_argument("--prompts", type=int, metavar="N", help="only the first N prompts")
    parser.add_argument("--prompt-file", type=Path, default=FILE, metavar="TSV", help="prompts and what they ask for")
    parser.add_argument("--judge", type=Path, default=FILE.parent / "judge", metavar="DIR", help="the judge")
    parser.add_argument("--seed", type=int, default=0, help="of the first prompt; the others take those behind it")
    parser.add_argument("--threads", type=int, default=0, help="of ONNX Runtime; 0: its choice")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the values there")
    parser.add_argument("--sheet", type=Path, metavar="FILE.png", help="write a contact sheet there")
    parser.add_argument("--require", action="store_true", help="exit status 1 when a target is missed")


def _evaluate(options) -> int:
    from wurstchen_export.evaluate import main as evaluate

    chosen = {name: getattr(options, name) for name in evaluate.Options.__dataclass_fields__}
    return evaluate.main(options.bundle, evaluate.Options(**chosen), say)


def _add_previews(commands) -> None:
    from wurstchen_export.evaluate.previews import PICTURES

    parser = add_command(
        commands, "previews", _previews, "fit the projections that show latents as small pictures, and add them to a bundle"
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="its manifest is written anew, with the file's hash")
    parser.add_argument("--data", type=Path, metavar="FOLDER", required=True, help="what `train data` wrote")
    parser.add_argument("--pictures", type=int, default=PICTURES, help="to fit to")
    parser.add_argument("--threads", type=int, default=0, help="of ONNX Runtime; 0: its choice")


def _previews(options) -> None:
    from wurstchen_export.evaluate import previews

    previews.main(options.bundle, options.data, options.pictures, options.threads, say)


def _add_experiment(commands) -> None:
    from wurstchen_export.experiment import main as experiment

    help_text = "train and compare the cascade and a plain latent diffusion model"
    experiment.add_options(commands.add_parser("experiment", help=help_text, description=experiment.__doc__), Help)


if __name__ == "__main__":
    sys.exit(main())
