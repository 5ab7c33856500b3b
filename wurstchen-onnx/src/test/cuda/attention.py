"""Checks the attention kernels on a GPU against torch in float32, then times them beside torch's own.

    python attention.py MODULE [--only VARIANT,...] [--check-only] [--no-check] [--no-time]

MODULE is a cubin: the one of the library for this GPU, or one made of attention_variants.cu, which has more of Hopper's kernels. Needs
torch with CUDA; takes about a minute. Exits with 1 if a check fails. The last table gives microseconds a call (the median of replays of
a recorded graph, whose calls go round several inputs) and TFLOP/s. Torch's functions are given keys and values of text and map in one
tensor, made beforehand; ours read the text and the map where they lie.
"""
import argparse
import ctypes
import itertools
import os
import statistics
import subprocess
import sys
import time as clock
from dataclasses import dataclass

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

HEAD = 64
SCALE = 0.125
TOLERANCE = 1e-3  # relative, of a whole tensor; rounding the result to float16 gives 3e-4
SENTINEL = 123.0
PADDING = 4096  # elements before and after y that must stay as they are


@dataclass(frozen=True)
class Variant:
    name: str
    kernel: str
    tile: int
    threads: int
    shared: int = 0


def hopper(name, kernel, groups, stages):
    """A kernel of attention_hopper.cu: shared memory for its stages of keys and values, 4 KB more for the text's, barriers, alignment."""
    return Variant(name, kernel, 64 * groups, 128 * groups, stages * 16384 + 4096 + 16 * stages + 1024)


VARIANTS = (
    Variant("any 64", "joint_attention", 64, 64),
    Variant("any 128", "joint_attention", 128, 128),
    hopper("h64", "joint_attention_hopper_64", 1, 3),
    hopper("h128", "joint_attention_hopper_128", 2, 4),
    hopper("h64 s4", "hopper_64_s4", 1, 4),
    hopper("h128 s5", "hopper_128_s5", 2, 5),
    hopper("h128 p4", "hopper_128_p4", 2, 4),
    hopper("h192", "hopper_192", 3, 4),
    hopper("h256", "hopper_256", 4, 5),
)
NOT_FOUND = 500  # CUDA_ERROR_NOT_FOUND
MOST_SECONDS = 20  # that a check may take on the GPU; longer means that a kernel waits for ever


@dataclass(frozen=True)
class Size:
    name: str
    rows: int
    tokens: int
    heads: int
    text: int = 77
    calls: int = 0  # in one step

    def operations(self):
        return 4 * self.rows * self.heads * self.tokens * (self.tokens + self.text) * HEAD


def sizes(rows):
    return (
        Size("C", rows, 576, 24, calls=32),
        Size("B level 1", rows, 4096, 10, calls=8),
        Size("B level 2", rows, 1024, 20, calls=28),
        Size("B level 3", rows, 256, 20, calls=8),
    )


class Driver:
    """The few functions of the CUDA driver that load a module and launch kernels on torch's current stream."""

    def __init__(self, cubin):
        self.cuda = ctypes.CDLL("libcuda.so.1")
        torch.zeros(1, device="cuda")  # makes torch's context the current one
        self.module = ctypes.c_void_p()
        with open(cubin, "rb") as file:
            self.check("cuModuleLoadData", ctypes.byref(self.module), file.read())

    def check(self, name, *arguments):
        code = getattr(self.cuda, name)(*arguments)
        if code:
            text = ctypes.c_char_p()
            self.cuda.cuGetErrorName(code, ctypes.byref(text))
            raise RuntimeError(f"{name} returned {code} ({text.value})")

    def has(self, variant):
        function = ctypes.c_void_p()
        return self.cuda.cuModuleGetFunction(ctypes.byref(function), self.module, variant.kernel.encode()) != NOT_FOUND

    def function(self, variant):
        function = ctypes.c_void_p()
        self.check("cuModuleGetFunction", ctypes.byref(function), self.module, variant.kernel.encode())
        self.check("cuFuncSetAttribute", function, 9, 100)  # CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: as much as there is
        if variant.shared:
            self.check("cuFuncSetAttribute", function, 8, variant.shared)  # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
        return function

    def launch(self, function, variant, size, qkv, text, y, block):
        values = [ctypes.c_void_p(qkv.data_ptr()), ctypes.c_void_p(text.data_ptr()), ctypes.c_void_p(y.data_ptr())]
        values += [ctypes.c_int(v) for v in (size.rows, size.tokens, size.heads, size.text, block)] + [ctypes.c_float(SCALE)]
        parameters = (ctypes.c_void_p * len(values))(*[ctypes.addressof(v) for v in values])
        grid = (-(-size.tokens // variant.tile), size.heads, size.rows)
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        self.check("cuLaunchKernel", function, *grid, variant.threads, 1, 1, variant.shared, stream, parameters, None)


def inputs(size, blocks, spread=1.0):
    columns = size.heads * HEAD
    qkv = torch.randn(size.rows, size.tokens, 3 * columns, device="cuda")
    qkv[..., :columns] *= spread
    return qkv.half(), torch.randn(blocks, 2, size.rows, size.heads, size.text, HEAD, device="cuda")


def heads_of(size, qkv, text, block):
    """Queries, and keys and values of text (rounded to float16) and map, [rows, heads, tokens, 64]."""
    rounded = text[block].half().to(qkv.dtype)
    parts = qkv.view(size.rows, size.tokens, 3, size.heads, HEAD).permute(2, 0, 3, 1, 4)
    return parts[0], torch.cat([rounded[0], parts[1]], 2), torch.cat([rounded[1], parts[2]], 2)


def reference(size, qkv, text, block):
    q, k, v = heads_of(size, qkv.float(), text, block)
    return ((q @ k.transpose(2, 3) * SCALE).softmax(3) @ v).transpose(1, 2).reshape(size.rows, size.tokens, -1)


def hostile():
    """Sizes that end in the middle of every tile, with several rows, heads and blocks, and products that are large."""
    for tokens, text in itertools.product((1, 7, 63, 64, 65, 127, 129, 191, 193, 577, 1000), (0, 1, 77, 80, 81, 161)):
        yield Size("", 1 + tokens % 3, tokens, 1 + (tokens + text) % 4, text), 1.0
    for spread in (10.0, 100.0):
        yield Size("", 2, 321, 3), spread
    yield Size("", 2, 4096, 10), 3.0
    yield Size("", 3, 2305, 24), 1.0


def finish(size):
    """Waits for the GPU, but ends the process where a kernel does not."""
    event = torch.cuda.Event()
    event.record()
    begin = clock.monotonic()
    while not event.query():
        if clock.monotonic() - begin > MOST_SECONDS:
            print(f"  {size}: still running after {MOST_SECONDS} s", flush=True)
            os._exit(1)


def check_size(driver, function, variant, size, spread):
    """The relative error, after comparing three runs, what lies around y, and float32; raises ValueError."""
    qkv, text = inputs(size, 3, spread)
    count = size.rows * size.tokens * size.heads * HEAD
    whole = torch.full((count + 2 * PADDING,), SENTINEL, device="cuda", dtype=torch.float16)
    y = whole[PADDING : PADDING + count].view(size.rows, size.tokens, -1)
    results = []
    for _ in range(3):
        y.fill_(float("nan"))
        driver.launch(function, variant, size, qkv, text, y, 1)
        results.append(y.clone())
    finish(size)
    expected = reference(size, qkv, text, 1)
    error = ((y.float() - expected).norm() / expected.norm()).item()
    same = all(torch.equal(results[0], other) for other in results[1:])
    kept = bool((whole[:PADDING] == SENTINEL).all() and (whole[PADDING + count :] == SENTINEL).all())
    if not (error < TOLERANCE and same and kept):
        raise ValueError(f"{size}, spread {spread}: relative error {error:.1e} (below {TOLERANCE:.0e}), largest {(y.float() - expected).abs().max().item():.1e}, "
                         f"same bits in three runs {same}, nothing written around y {kept}")
    return error


def check(driver, variants):
    """Prints a line for each variant, which begins with RIGHT or WRONG and its name."""
    for variant in variants:
        function = driver.function(variant)
        errors, wrong = [], []
        for size, spread in hostile():
            try:
                errors.append(check_size(driver, function, variant, size, spread))
            except ValueError as error:
                wrong.append(str(error))
        print(f"{'WRONG' if wrong else 'RIGHT'} {variant.name}: {len(errors)} sizes right, largest relative error {max(errors, default=0):.1e}; {len(wrong)} wrong", flush=True)
        for text in wrong[:5]:
            print(f"  {text}", flush=True)


def right_ones(module, variants):
    """Checks variants in a process of their own, and those behind one that ends it in another; returns those that are right."""
    right, left = [], list(variants)
    while left:
        command = [sys.executable, __file__, module, "--check-only", "--only", ",".join(v.name for v in left)]
        child = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        print(child.stdout, end="", flush=True)
        results = [line.split(":")[0].split(" ", 1) for line in child.stdout.splitlines() if line.startswith(("RIGHT ", "WRONG "))]
        right += [v for v in left if ["RIGHT", v.name] in results]
        checked = [name for _, name in results]
        left = [v for v in left if v.name not in checked]
        if left:
            print(f"WRONG {left[0].name}: its process ended with {child.returncode}", flush=True)
            left = left[1:]
    return right


def time(function, count):
    """Microseconds a call of function(i), for i in 0 .. count - 1, recorded as one graph."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for i in range(count):
            function(i)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        for i in range(count):
            function(i)
    graph.replay()
    times = []
    for _ in range(7):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        graph.replay()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end) * 1e3 / count)
    return statistics.median(times)


def measure(driver, variants, size):
    """Microseconds by name of variant, or of torch's function."""
    sets = 4
    data = [inputs(size, 1) for _ in range(sets)]
    outputs = [torch.empty(size.rows, size.tokens, size.heads * HEAD, device="cuda", dtype=torch.float16) for _ in range(sets)]
    count = max(sets, min(40, int(8e12 / size.operations())))
    found = {}
    for variant in variants:
        function = driver.function(variant)
        found[variant.name] = time(lambda i: driver.launch(function, variant, size, *data[i % sets], outputs[i % sets], 0), count)
    torchs = [heads_of(size, *d, 0) for d in data]
    for name, backend in (("cuDNN", SDPBackend.CUDNN_ATTENTION), ("flash", SDPBackend.FLASH_ATTENTION)):
        with sdpa_kernel(backend):
            found[name] = time(lambda i: scaled_dot_product_attention(*torchs[i % sets], scale=SCALE), count)
    return found


def table(driver, variants):
    names = [v.name for v in variants] + ["cuDNN", "flash"]
    print(f"\n{torch.cuda.get_device_name()}, torch {torch.__version__}: us a call (TFLOP/s)\n{'size':22}" + "".join(f"{n:>15}" for n in names))
    for rows in (2, 8, 16):
        steps = {"C": dict.fromkeys(names, 0.0), "B": dict.fromkeys(names, 0.0)}
        for size in sizes(rows):
            found = measure(driver, variants, size)
            cells = "".join(f"{found[n]:9.1f} ({size.operations() / found[n] / 1e6:3.0f})" for n in names)
            print(f"{size.name:10} R {rows:2} {size.tokens:5} {cells}", flush=True)
            for n in names:
                steps[size.name[0]][n] += found[n] * size.calls / 1e3
        for stage, total in steps.items():
            print(f"{stage} step R {rows:2}, ms      " + "".join(f"{total[n]:9.2f}      " for n in names), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module")
    parser.add_argument("--only", help="names of variants, separated by commas")
    parser.add_argument("--check-only", action="store_true", help="check in this process, and measure nothing")
    parser.add_argument("--no-check", action="store_true")
    parser.add_argument("--no-time", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(0)
    driver = Driver(options.module)
    variants = tuple(v for v in VARIANTS if driver.has(v))
    if options.only:
        wanted = options.only.split(",")
        unknown = set(wanted) - {v.name for v in variants}
        if unknown:
            parser.error(f"{options.module} has no variant {sorted(unknown)}; it has {[v.name for v in variants]}")
        variants = tuple(v for v in variants if v.name in wanted)
    if options.check_only:
        return check(driver, variants)
    right = variants if options.no_check else right_ones(options.module, variants)
    if not options.no_time:
        table(driver, right)
    if len(right) < len(variants):
        sys.exit(f"wrong: {[v.name for v in variants if v not in right]}")


if __name__ == "__main__":
    main()
