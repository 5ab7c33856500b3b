"""Checks the kernels of DenseGeluResponse for Hopper on a GPU against torch in float32, then times them beside torch's own.

    python dense_gelu.py MODULE [--check-only] [--only KERNEL]

MODULE is operators-sm_90.cubin, unpacked. Needs torch with CUDA and a GPU of compute capability 9.0; takes about half a minute. Exits with 1
if a check fails. The last table gives microseconds a call (the median of replays of a recorded graph, whose calls go round several weights)
and TFLOP/s, beside cuBLASLt's product with GELU in its epilogue, as torch has it.
"""
import argparse
import ctypes
import sys
from dataclasses import dataclass

import torch

import attention

TOLERANCE = 6e-4  # relative, of a whole tensor; rounding the result to float16 gives 2e-4 to 3e-4


@dataclass(frozen=True)
class Kernel:
    name: str
    tokens: int
    stages: int

    @property
    def shared(self):
        return self.stages * (16384 + self.tokens * 128) + 2 * self.tokens * 128 + 16 * self.stages + 1024


KERNELS = (
    Kernel("dense_gelu_hopper_96", 96, 6),
    Kernel("dense_gelu_hopper_128", 128, 5),
    Kernel("dense_gelu_hopper_144", 144, 5),
)


@dataclass(frozen=True)
class Size:
    name: str
    rows: int
    tokens: int
    depth: int
    channels: int
    spread: float = 1.0

    def operations(self):
        return 2 * self.rows * self.tokens * self.depth * self.channels


def sizes(rows):
    return (
        Size("C", rows, 576, 1536, 6144),
        Size("B 0", rows, 16384, 320, 1280),
        Size("B 0 joined", rows, 16384, 640, 1280),
        Size("B 1", rows, 4096, 656, 2560),
        Size("B 1 joined", rows, 4096, 1296, 2560),
        Size("B 2", rows, 1024, 1296, 5120),
        Size("B 2 joined", rows, 1024, 2576, 5120),
        Size("B 3", rows, 256, 1296, 5120),
        Size("A 256", max(rows // 2, 1), 65536, 384, 1536),
        Size("A 512", max(rows // 2, 1), 262144, 192, 768),
    )


class TensorMap(ctypes.Structure):
    _fields_ = [("words", ctypes.c_uint64 * 16)]


class Hopper(attention.Driver):
    """A module's kernels, and what those of sm_90a need."""

    def __init__(self, cubin):
        super().__init__(cubin)
        self.blocks = torch.cuda.get_device_properties(0).multi_processor_count // 2 * 2

    def kernel(self, name, shared=0):
        function = ctypes.c_void_p()
        self.check("cuModuleGetFunction", ctypes.byref(function), self.module, name.encode())
        if shared:
            self.check("cuFuncSetAttribute", function, 8, shared)  # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
        return function

    def map(self, tensor, box):
        """Of a contiguous float16 tensor, innermost side last; box in the same order."""
        sides = list(reversed(tensor.shape))
        strides = [2 * s for s in reversed(tensor.stride())][1:]
        rank = len(sides)
        result = (ctypes.c_char * 256)()
        address = (ctypes.addressof(result) + 63) // 64 * 64
        self.check(
            "cuTensorMapEncodeTiled", ctypes.c_void_p(address), 6, rank, ctypes.c_void_p(tensor.data_ptr()),
            (ctypes.c_uint64 * rank)(*sides), (ctypes.c_uint64 * (rank - 1))(*strides),
            (ctypes.c_uint32 * rank)(*reversed(box)), (ctypes.c_uint32 * rank)(*[1] * rank), 0, 3, 3, 0,
        )  # CU_TENSOR_MAP_DATA_TYPE_FLOAT16, no interleave, SWIZZLE_128B, L2_256B, zeros outside
        return TensorMap.from_buffer_copy(ctypes.string_at(address, 128))

    def queue(self, function, grid, threads, shared, values):
        parameters = (ctypes.c_void_p * len(values))(*[ctypes.addressof(v) for v in values])
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        self.check("cuLaunchKernel", function, *grid, threads, 1, 1, shared, stream, parameters, None)


class Launcher:
    def __init__(self, driver, kernel):
        self.driver, self.kernel = driver, kernel
        self.gelu = driver.kernel(kernel.name, kernel.shared)
        self.response = driver.kernel("response_of_squares")

    def squares(self, x, weight):
        return torch.full((x.shape[0], -(-x.shape[1] // self.kernel.tokens), weight.shape[1]), attention.SENTINEL, device="cuda")

    def __call__(self, x, weight, bias, y, squares=None):
        rows, tokens, depth = x.shape
        channels = weight.shape[1]
        maps = [self.driver.map(weight, (64, 64)), self.driver.map(x, (1, self.kernel.tokens // 2, 64)),
                self.driver.map(y, (1, self.kernel.tokens, 64))]
        values = [*maps, pointer(bias), pointer(squares), *(ctypes.c_int(v) for v in (rows, tokens, depth, channels))]
        tiles = rows * -(-tokens // self.kernel.tokens) * -(-channels // 256)
        self.driver.queue(self.gelu, (min(self.driver.blocks, 2 * tiles), 1, 1), 384, self.kernel.shared, values)

    def scales(self, squares, gamma, s):
        values = [pointer(squares), pointer(gamma), pointer(s), ctypes.c_int(squares.shape[1]), ctypes.c_int(squares.shape[2])]
        self.driver.queue(self.response, (8, squares.shape[0], 1), 256, 0, values)


def pointer(tensor):
    return ctypes.c_void_p(0 if tensor is None else tensor.data_ptr())


def inputs(size):
    x = (torch.randn(size.rows, size.tokens, size.depth, device="cuda") * size.spread).half()
    weight = (torch.randn(size.depth, size.channels, device="cuda") / size.depth**0.5).half()
    return x, weight, torch.randn(size.channels, device="cuda").half(), torch.randn(size.channels, device="cuda").half()


def hostile():
    for tokens in (1, 7, 8, 63, 127, 128, 129, 143, 144, 145, 289, 576):
        for depth, channels in ((8, 8), (64, 128), (72, 136), (320, 264), (640, 1280), (656, 520)):
            yield Size("", 1 + tokens % 3, tokens, depth, channels)
    yield Size("", 2, 576, 1536, 6144)
    yield Size("", 2, 576, 1536, 6144, 10.0)
    yield Size("", 9, 100, 64, 8192)
    yield Size("", 1, 70000, 192, 768)


def relative(a, b):
    return ((a.double() - b.double()).norm() / b.double().norm()).item()


def check(launcher):
    torch.backends.cuda.matmul.allow_tf32 = False
    worst = [0.0] * 3
    wrong = 0
    count = 0
    for size in hostile():
        torch.manual_seed(count)
        count += 1
        x, weight, bias, gamma = inputs(size)
        room = torch.full((2 * attention.PADDING + size.rows * size.tokens * size.channels,), attention.SENTINEL, device="cuda").half()
        y = room[attention.PADDING:-attention.PADDING].view(size.rows, size.tokens, size.channels)
        squares = launcher.squares(x, weight)
        s = torch.empty(size.rows, size.channels, device="cuda")
        launcher(x, weight, bias, y, squares)
        launcher.scales(squares, gamma, s)
        attention.finish(size)
        plain = torch.nn.functional.gelu(x.float() @ weight.float() + bias.float())
        norms = plain.square().sum(1).sqrt()
        scales = 1 + gamma.float() * norms / (norms.mean(-1, keepdim=True) + 1e-6)
        errors = [relative(y, plain), relative(squares.sum(1), plain.square().sum(1)), relative(s, scales)]
        again = torch.empty_like(y)
        squares2 = launcher.squares(x, weight)
        launcher(x, weight, bias, again, squares2)
        attention.finish(size)
        touched = (room[:attention.PADDING] != attention.SENTINEL).any() or (room[-attention.PADDING:] != attention.SENTINEL).any()
        same = torch.equal(again, y) and torch.equal(squares, squares2)
        good = all(e < TOLERANCE for e in errors) and not touched and same
        if not good:
            wrong += 1
            print(f"WRONG {launcher.kernel.name} {size}: errors {errors}, outside touched {bool(touched)}, same again {same}", flush=True)
            if wrong > 6:
                break
        worst = [max(a, b) for a, b in zip(worst, errors)]
    print(f"{'WRONG' if wrong else 'RIGHT'} {launcher.kernel.name}: {count} sizes, largest relative errors y {worst[0]:.1e}, squares {worst[1]:.1e}, "
          f"scales {worst[2]:.1e}; {wrong} wrong", flush=True)
    return not wrong


def timed(calls):
    """Microseconds a call of calls, which are recorded one after another."""
    return attention.time(lambda i: calls[i](), len(calls))


def measure(launchers, rows):
    for size in sizes(rows):
        weights = max(1, min(8, int(400e6 // (size.depth * size.channels * 2))))
        sets = [inputs(Size("", 1, 8, size.depth, size.channels))[1:] for _ in range(weights)]
        x = inputs(size)[0]
        y = torch.empty(size.rows, size.tokens, size.channels, device="cuda", dtype=torch.half)
        s = torch.empty(size.rows, size.channels, device="cuda")
        flat = x.view(-1, size.depth)
        row = []
        for launcher in launchers:
            squares = launcher.squares(x, sets[0][0])
            plain = timed([lambda w=w, b=b: launcher(x, w, b, y) for w, b, _ in sets])
            with_squares = timed([lambda w=w, b=b: launcher(x, w, b, y, squares) for w, b, _ in sets])
            both = timed([lambda w=w, b=b, g=g: (launcher(x, w, b, y, squares), launcher.scales(squares, g, s)) for w, b, g in sets])
            row.append(f"{launcher.kernel.tokens}: {plain:7.1f} ({size.operations() / plain / 1e6:4.0f}), with squares {with_squares:7.1f}, and scales {both:7.1f}")
        lt = timed([lambda w=w, b=b: torch._addmm_activation(b, flat, w, use_gelu=True) for w, b, _ in sets])
        bare = timed([lambda w=w, b=b: torch.mm(flat, w) for w, b, _ in sets])
        print(f"{size.name:11} R {rows}  " + "  |  ".join(row) + f"  |  cuBLASLt {lt:7.1f} ({size.operations() / lt / 1e6:4.0f}), bare product {bare:7.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module")
    parser.add_argument("--check-only", action="store_true")
    parser.add_argument("--only")
    arguments = parser.parse_args()
    driver = Hopper(arguments.module)
    launchers = [Launcher(driver, kernel) for kernel in KERNELS if arguments.only in (None, kernel.name)]
    good = [check(launcher) for launcher in launchers]
    if not arguments.check_only:
        for rows in (2, 8):
            measure(launchers, rows)
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
