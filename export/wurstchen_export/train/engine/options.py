"""Options that the training commands share."""

import argparse
import math
from pathlib import Path

import torch

from wurstchen_export.train.dataset.pictures import Pictures
from wurstchen_export.train.engine import processes
from wurstchen_export.train.engine.loop import LoopOptions
from wurstchen_export.train.engine.ranks import ALONE


def share(text: str) -> float:
    """An option's value from 0 to 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be from 0 to 1, got {text}")
    return value


def deviation(text: str) -> float:
    """An option's value from 0 on."""
    value = float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number from 0 on, got {text}")
    return value


def dropped_share(text: str) -> float:
    """An option's value from 0 to below 1."""
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"must be from 0 to below 1, got {text}")
    return value


def add_picture_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder that `train data` wrote, or its packed file")
    parser.add_argument("--concepts", default="all", help="concepts file, or `all` for every picture (default: all)")


def add_loop_options(parser: argparse.ArgumentParser, learning_rate: float, flat: float, batch: int) -> None:
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of the trained parts; log and checkpoint lie in one below it"
    )
    parser.add_argument(
        "--start-from", type=Path, help="folder of parts to go on from (16-bit averaged weights, no optimizer state)"
    )
    parser.add_argument("--wait-for", type=Path, help="get ready, then wait until the stage in this folder is done")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after this much training (0: no limit)")
    parser.add_argument("--steps", type=int, default=0, help="stop after this many steps (0: no limit)")
    parser.add_argument(
        "--until", type=float, default=0.0, help="stop at this time, in seconds since the epoch (0: no limit)"
    )
    parser.add_argument("--batch", type=int, default=batch, help=f"pictures a step (default {batch})")
    processes.add_options(parser)
    parser.add_argument(
        "--learning-rate", type=float, default=learning_rate, help=f"peak learning rate (default {learning_rate})"
    )
    parser.add_argument("--flat", type=float, default=flat, help=f"part of the run at that rate (default {flat})")
    parser.add_argument("--fall", choices=("linear", "cosine"), default="linear", help="how it falls (default linear)")
    parser.add_argument("--warmup", type=int, default=50, help="steps in which the rate rises (default 50)")
    parser.add_argument(
        "--weight-decay",
        type=deviation,
        default=0.01,
        help="of AdamW: a step takes this times the learning rate off every weight (default 0.01)",
    )
    parser.add_argument("--ema", type=float, default=0.999, help="decay of the averaged weights (default 0.999)")
    parser.add_argument("--save-seconds", type=float, default=120.0, help="between checkpoints (default 120)")
    parser.add_argument("--log-seconds", type=float, default=15.0, help="between lines of the log (default 15)")
    parser.add_argument("--seed", type=int, default=0, help="of the initial weights and the batches (default 0)")
    add_machine_options(parser)


def add_machine_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    parser.add_argument(
        "--bf16", action=argparse.BooleanOptionalAction, default=True, help="bfloat16 arithmetic (default on)"
    )
    parser.add_argument(
        "--compile",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="compile the model first: a minute of waiting, then faster steps (default off)",
    )
    parser.add_argument(
        "--shifted-depthwise",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="when compiling, run depthwise convolutions as shifted products (default on)",
    )


def add_diffusion_options(parser: argparse.ArgumentParser, pool: int) -> None:
    """What Stages B and C share: both train on a pool of latents, with captions."""
    parser.add_argument("--text-length", type=int, default=20, help="tokens computed in training (default 20)")
    parser.add_argument("--variants", type=int, default=12, help="captions of a picture on a background (default 12)")
    parser.add_argument("--pool", type=int, default=pool, help=f"pictures held as latents (default {pool})")
    parser.add_argument(
        "--jitter", type=float, default=1.0, help="strength of random scale and place; 0: always the same (default 1)"
    )
    parser.add_argument(
        "--emphasis", type=float, default=1.0, help="extra weight of high noise, at most this (default 1: the paper's)"
    )
    parser.add_argument("--renew", type=int, default=4, help="pictures renewed each step (default 4)")


def prepare_machine(args: argparse.Namespace) -> None:
    """Seeds, and lets the GPU multiply float32 matrices in its faster format."""
    ranks = getattr(args, "ranks", ALONE)
    if getattr(args, "processes", 1) != ranks.count:
        raise ValueError(f"--processes {args.processes}: this command trains in one process; leave it out")
    torch.manual_seed(ranks.seed(args.seed))
    if torch.device(args.device).type == "cuda":
        if not torch.cuda.is_available():
            raise ValueError(f"--device {args.device}: torch {torch.__version__} sees no GPU here; use --device cpu")
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True


def maybe_compiled(module: torch.nn.Module, args: argparse.Namespace):
    """The module, compiled whole where --compile asks for it; it shares the module's weights."""
    return torch.compile(module, dynamic=False) if args.compile else module


def loop_options(args: argparse.Namespace) -> LoopOptions:
    names = (  # the fields it has
        "minutes steps until learning_rate flat fall warmup weight_decay ema save_seconds log_seconds"
    ).split()
    return LoopOptions(**{name: getattr(args, name) for name in names}, ranks=getattr(args, "ranks", ALONE))


def open_pictures(args: argparse.Namespace) -> Pictures:
    return Pictures(args.data, None if args.concepts == "all" else Path(args.concepts), args.device)


def half_precision(args: argparse.Namespace):
    """Autocast to bfloat16 where --bf16 asks for it."""
    return torch.autocast(torch.device(args.device).type, torch.bfloat16, enabled=args.bf16)
