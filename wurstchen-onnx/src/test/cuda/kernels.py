"""Checks the operators' kernels against float64, and measures them.

    python kernels.py                    on a GPU, with torch: the committed cubin, its PTX, then the benchmark
    python kernels.py --check            no benchmark
    python kernels.py --overlap          only whether overlapping kernels give the same bits, and what they save
    python kernels.py --emulate          the sources on a CPU, thread by thread; needs g++ and torch
    python kernels.py --out FILE         also writes every measurement as JSON

Fails at the first wrong result. Nothing of the GPU's settings is changed."""
import argparse
import json
import sys
import time

import torch

import checks
import overlap
from backends import Emulation, Gpu


def check(backend, sizes, seed):
    start = time.time()
    run = checks.Checks(backend, seed)
    for size in sizes:
        size(run)
    print(f"{run.count} cases of {len(run.kernels)} kernels agree with float64 ({time.time() - start:.0f} s); largest part of what is allowed: "
          + ", ".join(f"{name} {share:.2f}" for name, share in sorted(run.worst.items())), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emulate", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--overlap", action="store_true")
    parser.add_argument("--out")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**31)
    arguments = parser.parse_args()
    torch.set_grad_enabled(False)
    print(f"seed {arguments.seed}", flush=True)
    if arguments.emulate:
        check(Emulation(), (checks.small,), arguments.seed)
        return
    gpu = Gpu()
    print(f"{torch.cuda.get_device_name()}, {gpu.resource}, {gpu.device}", flush=True)
    if not arguments.overlap:
        check(gpu, (checks.small, checks.full), arguments.seed)
        check(Gpu(ptx=True), (checks.small,), arguments.seed)
    overlap.check(gpu, arguments.seed)
    if not arguments.check:
        rows = overlap.benchmark(gpu)
        if not arguments.overlap:
            from benchmark import benchmark
            rows += benchmark(gpu)
        if arguments.out:
            with open(arguments.out, "w") as file:
                json.dump(rows, file, indent=1)


if __name__ == "__main__":
    try:
        main()
    except checks.Failure as failure:
        sys.exit(str(failure))
