"""Each kernel against its formula in float64: fresh random inputs, outputs full of NaN between guards, hostile shapes."""
import ctypes
import mmap

import torch

import launches
import reference
from launches import Tiling

GUARD = 64  # elements before and behind each output
# A rounding to float16 errs by at most 2^-11 = 4.9e-4 of the value; the rest is for float32 arithmetic, as a part of the largest value.
HALF = (5.2e-4, 2e-5)
FLOAT = (2e-5, 2e-5)
# Where a mean is large beside the deviation, float32 sums before the norm lose digits.
LARGE_MEAN = (6e-4, 3e-3)
WHOLE = 6e-4  # relative, of a whole tensor


class Failure(Exception):
    pass


def ends_at_forbidden_page(shape, dtype, shift):
    """A tensor that begins `shift` elements off 16 bytes, and ends less than 16 bytes before a page whose access ends the process."""
    page, size = mmap.PAGESIZE, torch.Size(shape).numel() * dtype.itemsize
    offset = shift * dtype.itemsize
    padding = -(size + offset) % page // 16 * 16  # so that the whole is less than 16 bytes short of full pages
    pages = -(-(padding + offset + size) // page)
    memory = torch.frombuffer(mmap.mmap(-1, (pages + 1) * page), dtype=torch.uint8)
    if ctypes.CDLL(None).mprotect(ctypes.c_void_p(memory.data_ptr() + pages * page), page, 0):
        raise OSError("mprotect fails")
    return memory[padding + offset:padding + offset + size].view(dtype).view(shape)


class Checks:
    def __init__(self, backend, seed):
        self.backend = backend
        self.random = torch.Generator(backend.torch_device).manual_seed(seed)
        self.count = 0
        self.kernels = set()
        self.worst = {}

    # Inputs and outputs

    def buffer(self, shape, dtype, fill, shift):
        """A tensor inside a larger one that is filled with `fill`; `shift` elements off 16 bytes."""
        count = torch.Size(shape).numel()
        whole = torch.full((count + 2 * GUARD + shift,), fill, dtype=dtype, device=self.backend.torch_device)
        return whole, whole[GUARD + shift:GUARD + shift + count].view(shape)

    def normal(self, *shape, mean=0., deviation=1., shift=0, dtype=torch.float16):
        _, tensor = self.buffer(shape, dtype, float("nan"), shift)
        if self.backend.torch_device == "cpu":
            tensor = ends_at_forbidden_page(shape, dtype, shift)
        tensor.copy_(torch.randn(shape, generator=self.random, device=self.backend.torch_device) * deviation + mean)
        return tensor

    def run(self, what, make, outputs, expected, limits):
        """outputs: (shape, dtype, shift) of each; make: launches for given outputs; expected: as many tensors."""
        long = torch.Size(outputs[0][0]).numel() > 100_000
        for seed in (1, 2) if self.backend.torch_device == "cpu" and not long else (1,):
            buffers = [self.buffer(shape, dtype, float("nan"), shift) for shape, dtype, shift in outputs]
            for launch in make(*(tensor for _, tensor in buffers)):
                self.backend.launch(launch, seed)
                self.kernels.add(launch.kernel)
            self.backend.finish()
            for i, ((whole, tensor), wanted, (_, _, shift), limit) in enumerate(zip(buffers, expected, outputs, limits)):
                self.compare(f"{what}, output {i}", tensor, wanted, limit)
                behind = whole[GUARD + shift + tensor.numel():]
                if not (whole[:GUARD + shift].isnan().all() and behind.isnan().all()):
                    raise Failure(f"{what}, output {i}: written outside")
        self.count += 1

    def compare(self, what, got, wanted, limit):
        got = got.double()
        if not wanted.isfinite().all():
            raise Failure(f"{what}: the expected values are not finite")
        allowed = limit[0] * wanted.abs() + limit[1] * wanted.abs().max()
        off = (got - wanted).abs()
        share = (off / allowed.clamp_min(1e-30)).nan_to_num(nan=float("inf")).max().item()
        name = what.split(" ")[0]
        self.worst[name] = max(self.worst.get(name, 0), share)
        if share > 1:
            at = torch.unravel_index((~(off <= allowed)).flatten().int().argmax(), got.shape)
            bad = (~(off <= allowed)).sum().item()
            raise Failure(f"{what}: {bad} of {got.numel()} wrong, first at {[int(i) for i in at]}: {got[at].item()}, expected {wanted[at].item()}"
                          f" within {allowed[at].item():.1e}")
        error = ((got - wanted).norm() / wanted.norm().clamp_min(1e-6)).item()
        if not error < WHOLE:
            raise Failure(f"{what}: relative error of the whole {error:.1e}, allowed {WHOLE:.1e}")

    # Operators

    def depthwise_norm(self, R, H, W, C, joined=(), tiling=None, plain=False, shift=0, mean=0., limit=HALF):
        what = f"depthwise_norm [{R},{H},{W},{C}] joined {joined} {tiling} plain {plain} shift {shift} mean {mean}"
        x = self.normal(R, H, W, C, mean=mean, shift=shift)
        scale, offset, bias = (self.normal(C, deviation=.3, shift=shift) for _ in range(3))
        weight = self.normal(9, C, deviation=.4, shift=shift)
        more = [self.normal(R, H, W, e, shift=shift) for e in joined]
        expected = reference.depthwise_norm(x, scale, offset, weight, bias, more)
        outputs = [((R, H, W, c), torch.float16, shift) for c in (C, C + sum(joined))]
        make = lambda y, normed: [launches.depthwise_norm(self.backend.device, x, scale, offset, weight, bias, more, y, normed, tiling, plain)]
        self.run(what, make, outputs, expected, (HALF, limit))

    def mixing_depthwise(self, R, H, W, C, tiling=None, plain=False, shift=0, mean=0., limit=HALF):
        what = f"mixing_depthwise [{R},{H},{W},{C}] {tiling} plain {plain} shift {shift} mean {mean}"
        x = self.normal(R, H, W, C, mean=mean, shift=shift)
        weight, bias, next_bias = (self.normal(*s, deviation=.4, shift=shift) for s in ((9, C), (C,), (C,)))
        y, normed = reference.mixing_depthwise(x, weight, bias, next_bias)
        outputs = [((R, H, W, 2), torch.float32, 0), ((R, H, W, C), torch.float16, shift), ((R, H, W, C), torch.float16, shift)]
        make = lambda stats, y, normed: [
            launches.norm_statistics(x, stats, plain),
            launches.mixing_depthwise(self.backend.device, x, stats, weight, bias, next_bias, y, normed, tiling, plain)]
        self.run(what, make, outputs, (reference.statistics(x), y, normed), (FLOAT, HALF, limit))

    def affine_norm(self, tokens, C, plain=False, shift=0, mean=0., limit=HALF, blocks=None):
        x = self.normal(tokens, C, mean=mean, shift=shift)
        scale, offset = self.normal(C, deviation=.3, shift=shift), self.normal(C, shift=shift)
        outputs = [((tokens, C), torch.float16, shift)] * 2
        make = lambda y, normed: [launches.affine_norm(x, scale, offset, y, normed, plain, blocks)]
        self.run(f"affine_norm [{tokens},{C}] plain {plain} shift {shift} mean {mean}", make, outputs, reference.affine_norm(x, scale, offset), (HALF, limit))

    def norm_statistics(self, tokens, C, plain=False, shift=0, mean=0., blocks=None):
        x = self.normal(tokens, C, mean=mean, shift=shift)
        make = lambda stats: [launches.norm_statistics(x, stats, plain, blocks)]
        self.run(f"norm_statistics [{tokens},{C}] plain {plain} shift {shift} mean {mean}", make, [((tokens, 2), torch.float32, 0)], [reference.statistics(x)], [FLOAT])

    def response(self, R, tokens, K, chunks=None, plain=False, shift=0):
        chunks = chunks or launches.response_chunks(self.backend.device, R, tokens, K)
        what = f"response [{R},{tokens},{K}] chunks {chunks} plain {plain} shift {shift}"
        u = self.normal(R, tokens, K, shift=shift)
        gamma = self.normal(K, deviation=.5, shift=shift)
        counters = torch.zeros(launches.response_counters(R, K) + GUARD, dtype=torch.int32, device=self.backend.torch_device)
        s = reference.response_scale(u, gamma)
        partials = self.normal(launches.response_partials(R, K, chunks), dtype=torch.float32)
        first = []

        def make(scales, out):
            first.append(scales)
            return [launches.response_scale(u, gamma, scales, partials, counters, chunks, plain),
                    launches.scale_activation(u, scales, out, plain)]
        self.run(what, make, [((R, K), torch.float32, 0), ((R, tokens, K), torch.float16, shift)], (s, u.double() * s[:, None]), (FLOAT, HALF))
        self.run(what, make, [((R, K), torch.float32, 0), ((R, tokens, K), torch.float16, shift)], (s, u.double() * s[:, None]), (FLOAT, HALF))
        if counters.any():
            raise Failure(f"{what}: the counters are not zero afterwards")
        if not all(torch.equal(first[0], other) for other in first):
            raise Failure(f"{what}: two runs differ")

    def scale_in_place(self, R, tokens, K):
        u, s = self.normal(R, tokens, K), self.normal(R, K, dtype=torch.float32)
        wanted = u.double() * s.double()[:, None]
        self.backend.launch(launches.scale_activation(u, s, u), 1)
        self.backend.finish()
        self.compare(f"scale_in_place [{R},{tokens},{K}]", u, wanted, HALF)
        self.count += 1

    def scale_weight(self, R, K, N, plain=False, shift=0):
        weight, s = self.normal(K, N, shift=shift), self.normal(R, K, dtype=torch.float32)
        make = lambda out: [launches.scale_weight(weight, s, out, plain)]
        self.run(f"scale_weight [{R},{K},{N}] plain {plain} shift {shift}", make, [((R, K, N), torch.float16, shift)],
                 [weight.double() * s.double()[..., None]], [HALF])

    def masked_attention(self, rows, tokens, heads, dim, mean=0.):
        """Later tokens are hidden, from the second row on also some of the last ones."""
        qkv = self.normal(rows, tokens, 3 * heads * dim, mean=mean)
        _, mask = self.buffer((rows, 1, tokens, tokens), torch.float16, float("nan"), 1)
        hidden = torch.ones(tokens, tokens, device=mask.device).triu(1)[None].repeat(rows, 1, 1)
        for row in range(1, rows):
            hidden[row, :, max(1, tokens - 3 * row):] = 1
        mask.copy_(hidden[:, None] * torch.finfo(torch.float16).min)
        scale = dim ** -.5
        make = lambda y: [launches.masked_attention(qkv, mask, y, heads, scale)]
        expected = reference.masked_attention(qkv, mask, heads, scale)
        self.run(f"masked_attention [{rows},{tokens},{heads},{dim}] mean {mean}", make, [((rows, tokens, heads * dim), torch.float16, 0)], [expected], [HALF])


def depthwise_cases(run, extra):
    """`run` checks a map, `extra` says what may be joined."""
    for columns in (2, 3, 4):
        for shape in ((1, 1, 1, 8), (1, 1, 9, 16), (1, 11, 1, 24), (2, 5, 7, 40), (1, 3, 13, 264), (3, 2, 6, 64), (1, 4, 2, 2048)):
            for groups, rows, stages in ((1, 1, 2), (1, 2, 3), (2, 3, 3), (3, 4, 6), (5, 32, 4)):
                if groups * shape[3] // 8 <= launches.MOST_THREADS[columns]:
                    run(*shape, tiling=Tiling(columns, groups, rows, stages), **extra[(groups + shape[1]) % len(extra)])
    for shape in ((2, 7, 5, 1536), (1, 9, 17, 320), (1, 6, 6, 1280), (2, 12, 10, 192)):
        run(*shape, **extra[0])
    for shape in ((1, 1, 1, 1), (2, 3, 5, 7), (1, 4, 3, 257), (1, 2, 2, 2056)):
        run(*shape, **({k: tuple(e + 1 for e in v) for k, v in extra[-1].items()}))
    run(1, 3, 4, 16, shift=1, **extra[-1])
    run(2, 3, 4, 32, plain=True, **extra[-1])
    for shape in ((70000, 1, 1, 8), (1, 70000, 1, 8), (1, 1, 70000, 8)):  # more than a grid's second and third axis take
        run(*shape)
    run(1, 4, 4, 64, mean=60., limit=LARGE_MEAN)


def small(checks):
    """Cases that the emulation does in a minute."""
    depthwise_cases(checks.depthwise_norm, ({}, {"joined": (8,)}, {"joined": (16, 40)}))
    depthwise_cases(checks.mixing_depthwise, ({},))
    for C in (8, 192, 256, 264, 320, 640, 1000, 1280, 1536, 2048):
        checks.affine_norm(9, C)
        checks.norm_statistics(9, C)
    for C in (1, 7, 100, 2056, 3001):
        checks.affine_norm(3, C)
        checks.norm_statistics(3, C)
    for plain, shift in ((True, 0), (False, 1)):
        checks.affine_norm(5, 64, plain, shift)
        checks.norm_statistics(5, 64, plain, shift)
    for tokens, blocks in ((70001, None), (37, 2)):
        checks.affine_norm(tokens, 8, blocks=blocks)
        checks.norm_statistics(tokens, 8, blocks=blocks)
    checks.affine_norm(5, 640, mean=500., limit=LARGE_MEAN)
    checks.norm_statistics(5, 640, mean=500.)
    for R, tokens, K, chunks in ((1, 1, 8, None), (2, 77, 320, None), (3, 64, 1280, 5), (2, 576, 256, 40), (1, 9, 2056, 9), (1, 300, 264, 1), (2, 5, 512, 7)):
        checks.response(R, tokens, K, chunks)
    checks.response(2, 33, 100)
    checks.response(2, 21, 257, 3)
    checks.response(2, 21, 64, 3, shift=1)
    checks.response(2, 21, 64, 3, plain=True)
    checks.scale_in_place(2, 100, 264)
    for R, K, N in ((1, 1, 8), (2, 320, 40), (5, 100, 264), (3, 7, 1280)):
        checks.scale_weight(R, K, N)
    checks.scale_weight(2, 9, 33)
    checks.scale_weight(9, 9, 64, shift=1)
    checks.scale_weight(2, 300, 16, plain=True)
    for shape in ((1, 1, 1, 8), (2, 77, 2, 64), (3, 16, 3, 8), (1, 17, 1, 24), (4, 5, 2, 128), (1, 128, 1, 128), (2, 33, 4, 40)):
        checks.masked_attention(*shape)
    checks.masked_attention(1, 20, 2, 16, mean=30.)


def full(checks):
    """The published sizes, for a GPU."""
    for R in (2, 8):
        for H, C, joined in ((24, 1536, ()), (128, 320, ()), (64, 640, (16,)), (32, 1280, (16,)), (16, 1280, (1280, 16)), (64, 640, (640, 16))):
            checks.depthwise_norm(R, H, H, C, joined)
        for tokens, K in ((576, 6144), (16384, 1280), (4096, 2560), (1024, 5120), (256, 5120)):
            checks.response(R, tokens, K)
        for C in (1536, 320, 640, 1280):
            checks.affine_norm(R * 1000 + 3, C)
        checks.scale_weight(R, 1280, 320)
        checks.scale_weight(R, 2560, 640)
    checks.depthwise_norm(1, 43, 59, 640, (16,))
    checks.mixing_depthwise(1, 256, 256, 384)
    checks.mixing_depthwise(1, 512, 512, 192)
    checks.mixing_depthwise(2, 131, 77, 384)
    checks.depthwise_norm(1, 1, 70000, 320)
    for rows in (2, 16):
        for heads in (16, 20):
            checks.masked_attention(rows, 77, heads, 64)
    checks.response(3, 70000, 64)
    checks.response(1, 3, 70001)
