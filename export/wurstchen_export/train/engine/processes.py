"""Starts the processes of --processes, one GPU each, and looks after them: all of them train on, or none does."""

import argparse
import copy
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from pathlib import Path

import torch
import torch.distributed as dist

from wurstchen_export.errors import ExportError
from wurstchen_export.train.engine.ranks import TIMEOUT, join

JOIN_SECONDS = 180.0  # from the first process that has read its modules to all of them having met
FINISH_SECONDS = 30.0  # for the others, once the first has ended
SETTLE_SECONDS = 0.5  # for what happened to the others, once one has failed
MOST_COMPILERS = 32  # processes in which torch compiles; its own limit
DIVIDED = ("batch", "pool", "renew")
"""Options that count for all processes together."""


@dataclass(frozen=True)
class Report:
    """Why a process failed: when, by the clock that all share, and in which words."""

    seconds: float
    expected: bool
    """Whether the message says all there is to say, as ExportError's do."""
    message: str


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--processes",
        type=int,
        default=1,
        help="train in this many processes, each on a GPU of its own (or on the CPU); --batch and the pool's size and"
        " renewal count for all together (default 1)",
    )


def in_processes(args: argparse.Namespace, train: Callable[[argparse.Namespace], None]) -> Path:
    """Calls train(args), in this process or in as many as --processes says; returns args.out.

    In several, args.ranks tells train which of them it is in. Raises ExportError when one of them fails; the others
    are ended then. train must be a function of a module.
    """
    check(args)
    if args.processes == 1:
        train(args)
        return args.out
    check_devices(args)
    # The store lives here, so that no process needs another one to end in peace; the system picks a port that is free.
    store = dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False, timeout=TIMEOUT)
    compilers = max(1, min(MOST_COMPILERS, os.cpu_count() // args.processes))
    os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", str(compilers))
    context, members = get_context("spawn"), []  # a forked process could not use a GPU
    try:
        for rank in range(args.processes):
            reports, reporting = context.Pipe(duplex=False)
            process = context.Process(target=_member, args=(train, args, rank, store.port, reporting))
            process.start()
            reporting.close()
            members.append((process, reports))
        _look_after(members)
    finally:
        for process, _ in members:
            process.kill()
            process.join()
    return args.out


def check(args: argparse.Namespace) -> None:
    """Raises ExportError for a number of processes that cannot share the batch."""
    if args.processes < 1:
        raise ExportError(f"--processes must be at least 1, got {args.processes}")
    if args.batch % args.processes:
        nearest = max(1, round(args.batch / args.processes)) * args.processes
        raise ExportError(
            f"--batch {args.batch} cannot be divided by --processes {args.processes}: use --batch {nearest}"
        )


def check_devices(args: argparse.Namespace) -> None:
    """Raises ExportError unless there is a GPU for each process, where they train on GPUs."""
    device = torch.device(args.device)
    if device.type != "cuda":
        return
    if device.index is not None:
        raise ExportError(
            f"--device {args.device} names one GPU, --processes {args.processes} needs several: use --device cuda, and"
            " CUDA_VISIBLE_DEVICES to choose"
        )
    found = torch.cuda.device_count()
    if found < args.processes:
        raise ExportError(
            f"--processes {args.processes} needs as many GPUs, torch {torch.__version__} sees {found}: use"
            f" --processes {max(1, found)}{'' if found else ' --device cpu'}"
        )


def _look_after(members: list) -> None:
    """Returns once the first process, which writes everything, has ended well. Raises ExportError if one fails."""
    first = members[0][0]
    running = [process for process, _ in members]
    while first in running:  # so never empty: waiting for none of them would not end
        connection.wait([process.sentinel for process in running])
        running = [process for process in running if process.exitcode is None]
        if any(process.exitcode for process, _ in members):
            raise ExportError(_why(members))
    deadline = time.monotonic() + FINISH_SECONDS
    for process, _ in members:
        process.join(max(0.0, deadline - time.monotonic()))


def _why(members: list) -> str:
    """Says what happened to the process that failed first; the others failed because it did not answer."""
    time.sleep(SETTLE_SECONDS)
    count = len(members)
    reports = {rank: report for rank, (_, pipe) in enumerate(members) if (report := _read(pipe))}
    silent = [rank for rank, (process, _) in enumerate(members) if process.exitcode and rank not in reports]
    if silent:
        code = members[silent[0]][0].exitcode
        how = f"was killed (signal {-code})" if code < 0 else f"ended with exit status {code}, saying nothing"
        return (
            f"process {silent[0]} of {count} {how}; the others were ended: the same command again goes on from the last"
            " checkpoint"
        )
    rank = min(reports, key=lambda rank: reports[rank].seconds)
    if reports[rank].expected:
        return reports[rank].message
    said = reports[rank].message
    return f"process {rank} of {count} failed ({said}); the others were ended: see what is printed above"


def _read(pipe: connection.Connection) -> Report | None:
    try:
        return pipe.recv() if pipe.poll() else None
    except (EOFError, OSError):  # it ended without a word
        return None


def _member(train, args: argparse.Namespace, rank: int, port: int, reporting: connection.Connection) -> None:
    """What one process does. It leaves without winding up: a group whose members are gone may wait for them forever."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    alone = threading.Timer(JOIN_SECONDS, _give_up, [rank, args.processes, reporting])
    alone.daemon = True
    alone.start()
    code = 1
    try:
        own = share(args, rank)
        _prepare(own, rank)
        own.ranks = join(rank, args.processes, port, torch.device(own.device))
        alone.cancel()
        train(own)
        code = 0
    except ExportError as error:
        reporting.send(Report(time.monotonic(), True, str(error)))
    except BaseException as error:
        reporting.send(Report(time.monotonic(), False, f"{type(error).__name__}: {error}".splitlines()[0]))
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def share(args: argparse.Namespace, rank: int) -> argparse.Namespace:
    """The options of one process: its device, and its share of what counts for all."""
    own = copy.copy(args)
    if torch.device(args.device).type == "cuda":
        own.device = f"cuda:{rank}"
    for name in DIVIDED:
        if hasattr(args, name):
            setattr(own, name, -(-getattr(args, name) // args.processes))
    return own


def _prepare(own: argparse.Namespace, rank: int) -> None:
    torch.set_num_threads(own.threads)
    if torch.device(own.device).type == "cuda":
        torch.cuda.set_device(rank)
    if rank > 0:
        sys.stdout = open(os.devnull, "w")
    if sys.platform == "linux":
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # all are on this host, whose name may not resolve


def _end_with_parent() -> None:
    connection.wait([parent_process().sentinel])
    os._exit(1)


def _give_up(rank: int, count: int, reporting: connection.Connection) -> None:
    message = (
        f"process {rank} of {count} could not exchange anything with the others for {JOIN_SECONDS:.0f} s: use"
        " --processes 1, or look for what NCCL says with NCCL_DEBUG=INFO"
    )
    reporting.send(Report(time.monotonic(), True, message))
    os._exit(1)
