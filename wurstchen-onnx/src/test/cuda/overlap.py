"""Kernels that may start before the ones before them are finished, against the same kernels one after the other: same bits, and the time."""
import functools
import random
import statistics

import torch

import checks
import launches
from backends import Gpu

STEPS = 60
REPLAYS = 5
OTHER_PROGRAM = 1_000_003  # from one seed to the next


class State:
    """The tensors that the steps of a program read and write by turns: each is written while others that read it before may still run."""

    def __init__(self, R, H, C, seed):
        self.R, self.H, self.C, self.K, self.heads = R, H, C, 4 * C, C // 64
        generator = torch.Generator("cuda").manual_seed(seed)
        make = lambda *shape, deviation=1.: torch.randn(shape, generator=generator, device="cuda").mul(deviation).half()
        self.maps = [make(R, H, H, C) for _ in range(4)]
        self.wide = [make(R, H * H, self.K) for _ in range(2)]
        self.qkv = make(R, H * H, 3 * C)
        self.vectors = make(2, C, deviation=.2)
        self.scales = torch.ones(R, self.K, device="cuda")
        chunks = launches.response_chunks(launches.Device(132, 0), R, H * H, self.K)
        self.scratch = torch.zeros(max(launches.response_partials(R, self.K, chunks), 2 * R * H * H, R * self.K * C // 2), device="cuda")
        self.counters = torch.zeros(launches.response_counters(R, self.K), dtype=torch.int32, device="cuda")
        self.chunks = chunks
        # Constants
        self.text = torch.randn(2, 2, R, self.heads, 77, 64, generator=generator, device="cuda")
        self.taps, self.bias, self.next_bias = make(9, C, deviation=.4), make(C, deviation=.4), make(C, deviation=.4)
        self.gamma = make(self.K, deviation=.3)
        self.widen, self.narrow = make(C, self.K, deviation=.7 * C ** -.5), make(self.K, C, deviation=.7 * self.K ** -.5)
        self.to_qkv = make(C, 3 * C, deviation=.7 * C ** -.5)

    def changing(self):
        return [*self.maps, *self.wide, self.qkv, self.vectors, self.scales, self.scratch, self.counters]

    def tokens(self, index):
        return self.maps[index].view(-1, self.C)


def steps(gpu, state, choose, count):
    """A random program: functions that queue a kernel of ours, a product or one of torch's kernels."""
    s = state
    launch = lambda made: [lambda made=made: gpu.launch(made)]
    three = lambda: choose.sample(range(4), 3)

    def affine():
        x, y, normed = (s.maps[i] for i in three())
        return launch(launches.affine_norm(x, *s.vectors, y, normed))

    def depthwise():
        x, y, normed = (s.maps[i] for i in three())
        return launch(launches.depthwise_norm(gpu.device, x, *s.vectors, s.taps, s.bias, (), y, normed))

    def mixing():
        x, y, normed = (s.maps[i] for i in three())
        stats = s.scratch[:2 * s.R * s.H * s.H].view(s.R, s.H, s.H, 2)
        return launch(launches.norm_statistics(x, stats)) + launch(
            launches.mixing_depthwise(gpu.device, x, stats, s.taps, s.bias, s.next_bias, y, normed))

    def response():
        u = choose.choice(s.wide)
        return launch(launches.response_scale(u, s.gamma, s.scales, s.scratch, s.counters, s.chunks))

    def scale():
        return launch(launches.scale_activation(choose.choice(s.wide), s.scales, choose.choice(s.wide)))

    def scaled_weight():
        scaled = s.scratch[:s.R * s.K * s.C // 2].view(torch.float16).view(s.R, s.K, s.C)
        u, y = choose.choice(s.wide), choose.choice(s.maps).view(s.R, -1, s.C)
        return launch(launches.scale_weight(s.narrow, s.scales, scaled)) + [lambda: torch.bmm(u, scaled, out=y)]

    def widen():
        x, u = s.tokens(choose.randrange(4)), choose.choice(s.wide).view(-1, s.K)
        return [lambda: torch.mm(x, s.widen, out=u)]

    def narrow():
        u, y = choose.choice(s.wide).view(-1, s.K), s.tokens(choose.randrange(4))
        return [lambda: torch.mm(u, s.narrow, out=y)]

    def attention():
        x, y = s.tokens(choose.randrange(4)), choose.choice(s.maps)
        made = launches.joint_attention(s.qkv, s.text, y, choose.randrange(2), choose.choice(gpu.attention_kernels()))
        return [lambda: torch.mm(x, s.to_qkv, out=s.qkv.view(-1, 3 * s.C))] + launch(made)

    def vectors():
        x = s.tokens(choose.randrange(4))[:2]
        return [lambda: torch.mul(x, .1, out=s.vectors).clamp_(-.3, .3)]

    kinds = (affine, depthwise, mixing, response, scale, scaled_weight, widen, narrow, attention, vectors)
    return [step for _ in range(count) for step in choose.choice(kinds)()]


@functools.cache
def stream():
    """One for all graphs: cuBLAS keeps a workspace for each."""
    return torch.cuda.Stream()


def record(program):
    """The program as a graph, after a run that lets libraries make what they need."""
    graph = torch.cuda.CUDAGraph()
    torch.cuda.synchronize()
    with torch.cuda.stream(stream()):
        for step in program:
            step()
        graph.capture_begin()
        for step in program:
            step()
        graph.capture_end()
    torch.cuda.synchronize()
    return graph


def results(state, start, run):
    """The bits of all tensors after a run."""
    for tensor, first in zip(state.changing(), start):
        tensor.copy_(first)
    run()
    torch.cuda.synchronize()
    return [tensor.clone() for tensor in state.changing()]


def same(first, second):
    return all(torch.equal(a.view(torch.int16), b.view(torch.int16)) for a, b in zip(first, second))


def differing(gpu, size, seed):
    """How many of the runs of a random program with overlapping kernels give other bits, and of how many."""
    state, choose = State(*size, seed), random.Random(seed)
    start = [tensor.clone() for tensor in state.changing()]
    program = steps(gpu, state, choose, STEPS)
    queue = lambda: [step() for step in program]
    wrong = []
    gpu.overlap = False
    alone, alone_recorded = results(state, start, queue), record(program)
    if not all(t.isfinite().all() for t in alone[:6]):
        return differing(gpu, size, seed + OTHER_PROGRAM)  # one whose values overflow shows little
    replayed = results(state, start, alone_recorded.replay)
    gpu.overlap = True
    overlapping = record(program)
    for _ in range(REPLAYS):
        wrong.append(not same(results(state, start, queue), alone))
        wrong.append(not same(results(state, start, overlapping.replay), replayed))
    return sum(wrong), len(wrong)


SIZES = ((1, 4, 64), (2, 24, 320), (2, 24, 1536), (2, 64, 640), (8, 16, 1280))


def check(gpu, seed, programs=8):
    """Fails if kernels that overlap give other bits, or if they would not even without their waits: then this says nothing."""
    if not gpu.overlaps:
        print("kernels do not overlap on this GPU", flush=True)
        return
    counts = []
    for size in SIZES:
        for i in range(programs):
            wrong, runs = differing(gpu, size, seed + i)
            counts.append(runs)
            if wrong:
                raise checks.Failure(f"overlap {size}, seed {seed + i}: {wrong} of {runs} runs of overlapping kernels give other bits")
    control = Gpu(waits=False)
    wrong = sum(differing(control, size, seed)[0] > 0 for size in SIZES)
    print(f"{len(counts)} programs of {STEPS} steps give the same bits with overlapping kernels in {sum(counts)} runs; without their waits, {wrong} of "
          f"{len(SIZES)} programs do not", flush=True)
    if not wrong:
        raise checks.Failure("overlap: kernels that do not wait give the right bits too, so nothing is shown")


def microseconds(graph, count):
    times = []
    for _ in range(9):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        graph.replay()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) * 1e3 / count)
    return statistics.median(times)


BLOCKS = 40


def block(gpu, s, products):
    """A ConvNeXt block and an attention block as a stage has them, without GELU; or this library's kernels alone."""
    a, b, c, d = s.maps
    product = (lambda x, w, y: [lambda: torch.mm(x.view(-1, x.shape[-1]), w, out=y.view(-1, y.shape[-1]))]) if products else lambda *_: []
    launch = lambda made: [lambda: gpu.launch(made)]
    attention = launches.joint_attention(s.qkv, s.text, b, 0, gpu.attention_kernels()[-1])
    return (launch(launches.depthwise_norm(gpu.device, a, *s.vectors, s.taps, s.bias, (), b, c)) + product(c, s.widen, s.wide[0])
            + launch(launches.response_scale(s.wide[0], s.gamma, s.scales, s.scratch, s.counters, s.chunks))
            + launch(launches.scale_activation(s.wide[0], s.scales, s.wide[1])) + product(s.wide[1], s.narrow, d)
            + launch(launches.affine_norm(d, *s.vectors, a, c)) + product(c, s.to_qkv, s.qkv) + launch(attention))


def benchmark(gpu):
    """Prints what a block takes with and without overlap."""
    if not gpu.overlaps:
        return []
    rows = []
    print(f"\n{'block of':<22}{'':<16}{'alone us':>10}{'overlapping us':>16}{'saved us':>10}{'a launch':>10}")
    for size in ((2, 24, 1536), (2, 64, 640), (2, 32, 1280), (2, 16, 1280), (8, 24, 1536)):
        state = State(*size, 1)
        for products in (True, False):
            times = []
            for overlap in (False, True):
                gpu.overlap = overlap
                times.append(microseconds(record(block(gpu, state, products) * BLOCKS), BLOCKS))
            saved = times[0] - times[1]
            kind = "with products" if products else "kernels alone"
            print(f"{'x'.join(map(str, size)):<22}{kind:<16}{times[0]:10.2f}{times[1]:16.2f}{saved:10.2f}{saved / 5:10.2f}", flush=True)
            rows.append({"kernel": "block", "size": list(size), "variant": kind, "us": times[1], "us_alone": times[0]})
    gpu.overlap = True
    return rows
