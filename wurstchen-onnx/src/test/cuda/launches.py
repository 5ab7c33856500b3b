"""The launches of the operators' kernels: name, grid, block, shared memory and parameters, as Java makes them."""
import ctypes
from dataclasses import dataclass

EPSILON = 1e-6


@dataclass(frozen=True)
class Device:
    multiprocessors: int
    shared: int  # the most bytes of shared memory a block may ask for


@dataclass(frozen=True)
class Tiling:
    """Of the depthwise kernels: columns a thread, groups of threads, rows of outputs, rows in flight."""
    columns: int
    groups: int
    rows: int
    stages: int

    @property
    def width(self):
        return self.groups * self.columns

    def threads(self, lanes):
        return -(-self.groups * lanes // 32) * 32

    def tiles(self, R, H, W):
        return -(-W // self.width) * -(-H // self.rows) * R

    def shared(self, constants, statistics, C):
        return 2 * constants * C + self.stages * (self.width + 2) * (2 * C + statistics) + self.width * (C + 8)


@dataclass(frozen=True)
class Launch:
    kernel: str
    grid: tuple
    threads: int
    shared: int
    arguments: tuple

    def parameters(self):
        """The array of pointers that cuLaunchKernel takes, and what must live as long."""
        values = [argument(value) for value in self.arguments]
        return (ctypes.c_void_p * len(values))(*(ctypes.addressof(value) for value in values)), values


    def tensors(self):
        """What the parameters point to, each memory once."""
        tensors = [value for value in self.arguments if hasattr(value, "data_ptr")]
        return list({tensor.data_ptr(): tensor for tensor in tensors if tensor.numel()}.values())


class Long(int):
    """A parameter of 64 bits."""


def argument(value):
    if value is None:
        return ctypes.c_void_p(0)
    if isinstance(value, Long):
        return ctypes.c_longlong(value)
    if isinstance(value, int):
        return ctypes.c_int(value)
    if isinstance(value, float):
        return ctypes.c_float(value)
    return ctypes.c_void_p(value.data_ptr())


MOST_THREADS = {2: 512, 3: 384, 4: 384}  # by columns a thread: as many as there are registers for
MOST_ROWS = 32
LANES_PER_PART = 256
# What a row of a thread costs, by its columns: instructions, and what measuring adds to them.
INSTRUCTIONS = {2: 500, 3: 620, 4: 726}
BUSY_WARPS = 12  # so many keep a multiprocessor busy


def cost(tiling, device, constants, statistics, R, H, W, C):
    """An estimate to choose tilings by: the instructions of the fullest multiprocessor, more where few warps hide each other's waits."""
    lanes = C // 8
    threads = tiling.threads(lanes)
    most = min(MOST_THREADS[tiling.columns] // threads, device.shared // (tiling.shared(constants, statistics, C) + 1024))
    waves = -(-tiling.tiles(R, H, W) // device.multiprocessors)
    warps = min(waves, max(most, 1)) * threads // 32
    return waves * threads * (tiling.rows + 1.5) * INSTRUCTIONS[tiling.columns] / min(warps, BUSY_WARPS)


def tilings(device, constants, statistics, R, H, W, C):
    """All tilings that fit the device, from the cheapest by estimate."""
    lanes = C // 8
    fitting = []
    for columns, most in MOST_THREADS.items():
        for groups in range(1, min(-(-W // columns), max(most // lanes, 0)) + 1):
            for rows in range(1, min(H, MOST_ROWS) + 1):
                tiling = Tiling(columns, groups, rows, 3)
                if tiling.shared(constants, statistics, C) <= device.shared:
                    fitting.append((cost(tiling, device, constants, statistics, R, H, W, C), columns, groups, rows))
    return [Tiling(columns, groups, rows, 3) for _, columns, groups, rows in sorted(fitting)]


def aligned(sizes, tensors):
    return all(size % 8 == 0 for size in sizes) and all(tensor is None or tensor.data_ptr() % 16 == 0 for tensor in tensors)


def depthwise_norm(device, x, scale, offset, weight, bias, joined, y, normed, tiling=None, plain=False):
    R, H, W, C = x.shape
    more = [*joined, None, None][:2]
    sizes = [0 if tensor is None else tensor.shape[-1] for tensor in more]
    arguments = (x, scale, offset, weight, bias, *more, y, normed, R, H, W, C, *sizes, EPSILON)
    if not plain and aligned((C, *sizes), arguments[:9]):
        tiling = tiling or next(iter(tilings(device, 12, 0, R, H, W, C)), None)
        if tiling:
            return depthwise_launch("depthwise_norm", arguments, tiling, tiling.shared(12, 0, C), x.shape)
    return Launch("depthwise_norm_any", (min(R * H * W, 2**31 - 1), 1, 1), 256, 0, arguments)


def mixing_depthwise(device, x, stats, weight, bias, next_bias, y, normed, tiling=None, plain=False):
    R, H, W, C = x.shape
    arguments = (x, stats, weight, bias, next_bias, y, normed, R, H, W, C, EPSILON)
    if not plain and aligned((C,), arguments[:7]):
        tiling = tiling or next(iter(tilings(device, 11, 8, R, H, W, C)), None)
        if tiling:
            return depthwise_launch("mixing_depthwise", arguments, tiling, tiling.shared(11, 8, C), x.shape)
    return Launch("mixing_depthwise_any", (min(R * H * W, 2**31 - 1), 1, 1), 256, 0, arguments)


def depthwise_launch(kernel, arguments, tiling, shared, shape):
    R, H, W, C = shape
    return Launch(f"{kernel}_{tiling.columns}", (tiling.tiles(R, H, W), 1, 1), tiling.threads(C // 8), shared,
                  (*arguments, tiling.groups, tiling.rows, tiling.stages))


def norm(kernel, tensors, tokens, C, plain, blocks=None):
    arguments = (*tensors, Long(tokens), C, EPSILON)
    parts = next((n for n in (1, 2, 3, 4, 6, 8) if n * LANES_PER_PART >= C), None)
    if plain or parts is None or not aligned((C,), tensors):
        return Launch(f"{kernel}_any", (min(tokens, 2**31 - 1), 1, 1), 256, 0, arguments)
    return Launch(f"{kernel}_{parts}", (blocks or min(-(-tokens // 4), 2**31 - 1), 1, 1), 128, 0, arguments)


def affine_norm(x, scale, offset, y, normed, plain=False, blocks=None):
    return norm("affine_norm", (x, scale, offset, y, normed), x.numel() // x.shape[-1], x.shape[-1], plain, blocks)


def norm_statistics(x, stats, plain=False, blocks=None):
    return norm("norm_statistics", (x, stats), x.numel() // x.shape[-1], x.shape[-1], plain, blocks)


def response_chunks(device, R, tokens, K):
    return max(1, min(2 * device.multiprocessors // (-(-K // 256) * R), -(-tokens // 8), 65535))


def response_partials(R, K, chunks):
    """Floats of scratch memory."""
    return R * chunks * K + R * K + R * -(-K // 256)


def response_counters(R, K):
    """Words that are zero before the first launch and after each."""
    return R * (-(-K // 256) + 1)


def response_scale(u, gamma, s, partials, counters, chunks, plain=False):
    R, tokens, K = u.shape
    suffix = "" if not plain and aligned((K,), (u, gamma, s, partials)) else "_any"
    return Launch(f"response_scale{suffix}", (-(-K // 256), chunks, R), 256, 0, (u, gamma, s, partials, counters, R, tokens, K))


# Of JointAttention: kernel, queries of a block, threads, shared memory.
ATTENTION = (("joint_attention", 64, 64, 0), ("joint_attention", 128, 128, 0), ("joint_attention_hopper_64", 64, 128, 54320),
             ("joint_attention_hopper_128", 128, 256, 70720))


def joint_attention(qkv, text, y, block, kernel):
    """kernel: one of ATTENTION."""
    _, _, R, heads, length, _ = text.shape
    tokens = qkv.numel() // R // heads // 192
    name, tile, threads, shared = kernel
    return Launch(name, (-(-tokens // tile), heads, R), threads, shared, (qkv, text, y, R, tokens, heads, length, block, 0.125))


def scale_activation(u, s, out, plain=False, parts=None):
    R, tokens, K = u.shape
    suffix = "" if not plain and aligned((K,), (u, s, out)) else "_any"
    return Launch(f"scale_activation{suffix}", (-(-K // 256), parts or min(65535, -(-tokens // 64)), R), 256, 0, (u, s, out, R, tokens, K))


def scale_weight(weight, s, out, plain=False):
    K, N = weight.shape
    R = s.shape[0]
    suffix = "" if not plain and aligned((N,), (weight, s, out)) else "_any"
    return Launch(f"scale_weight{suffix}", (min(-(-K * N // 2048), 2**31 - 1), 1, 1), 256, 0, (weight, s, out, R, K, N))


def masked_attention(qkv, mask, y, heads, scale):
    rows, tokens, columns = y.shape
    dim = columns // heads
    shared = 4 * tokens * (dim + 8) + 32 * (dim + -(-tokens // 4) * 4)
    return Launch("masked_attention", (-(-tokens // 16), heads, rows), 256, shared, (qkv, mask, y, tokens, heads, dim, scale))
