"""Times of the operators' kernels at the published sizes, beside what the memory allows."""
import statistics

import torch

import launches

PEAK = 4.3e12  # bytes a second, read and written: a device's own copy on an H200
COLD = 320 << 20  # bytes of buffers that are used in turn: several times the L2 cache
MOST_SETS = 64
TILINGS = 10  # how many tilings are tried at each size
REPEATS = 7


class Buffers:
    """Sets of tensors of the same shapes, to be used in turn."""

    def __init__(self, *shapes, dtype=torch.float16):
        self.bytes = sum(torch.Size(s).numel() for s in shapes) * dtype.itemsize
        count = max(1, min(MOST_SETS, -(-COLD // self.bytes)))
        self.sets = [[torch.randn(s, device="cuda").to(dtype) for s in shapes] for _ in range(count)]


def microseconds(gpu, chains):
    """The median time of one of the chains of launches, replayed as one graph."""
    count = len(chains) * max(1, -(-40 // len(chains)))
    run = lambda: [gpu.launch(launch) for i in range(count) for launch in chains[i % len(chains)]]
    stream, graph = torch.cuda.Stream(), torch.cuda.CUDAGraph()
    torch.cuda.synchronize()
    with torch.cuda.stream(stream):
        run()
        graph.capture_begin()
        run()
        graph.capture_end()
    torch.cuda.synchronize()
    graph.replay()
    times = []
    for _ in range(REPEATS):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        graph.replay()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end) * 1e3 / count)
    return statistics.median(times)


class Table:
    def __init__(self, gpu):
        self.gpu, self.rows = gpu, []

    def measure(self, name, size, variant, buffers, moved, make):
        """make: the launches for one set of buffers; moved: bytes that must be read and written."""
        chains = [make(*tensors) for tensors in buffers.sets]
        row = {"kernel": name, "size": size, "variant": variant, "us": microseconds(self.gpu, chains),
               "us_cached": microseconds(self.gpu, chains[:1]), "bytes": moved}
        row["gb_s"], row["share"] = moved / row["us"] / 1e3, moved / PEAK * 1e6 / row["us"]
        self.rows.append(row)
        return row

    def tiled(self, name, size, shape, constants, extra, buffers, moved, make):
        device = self.gpu.device
        every = launches.tilings(device, constants, extra, *shape)
        chosen = every[:TILINGS // 2]
        for columns in launches.MOST_THREADS:  # and the best by estimate of each kind, and more rows in flight
            chosen += [t for t in every if t.columns == columns][:2]
        more = [launches.Tiling(t.columns, t.groups, t.rows, stages) for t in every[:1] for stages in (2, 4, 5)]
        chosen += [t for t in more if t.shared(constants, extra, shape[-1]) <= device.shared]
        first = None
        for tiling in dict.fromkeys(chosen):
            row = self.measure(name, size, [tiling.columns, tiling.groups, tiling.rows, tiling.stages], buffers, moved, lambda *s: make(tiling, *s))
            row["default"] = first is None
            first = first or row

    def print(self):
        print(f"\n{'kernel':<18}{'size':<22}{'variant':<16}{'us':>8}{'cached':>8}{'GB/s':>7}{'share':>7}{'default us':>12}")
        for key in dict.fromkeys((r["kernel"], r["size"]) for r in self.rows):
            rows = [r for r in self.rows if (r["kernel"], r["size"]) == key]
            # In a step the input has just been written, so it is partly in the cache: the best in the mean of both.
            best = min(rows, key=lambda r: r["us"] + r["us_cached"])
            default = next((r for r in rows if r.get("default")), best)
            note = f"{default['us']:6.1f}/{default['us_cached']:.1f}" if default is not best else ""
            print(f"{key[0]:<18}{key[1]:<22}{str(best['variant']).replace(' ', ''):<16}{best['us']:8.1f}{best['us_cached']:8.1f}{best['gb_s']:7.0f}"
                  f"{best['share']:7.0%}{note:>12}")


def depthwise(table, R, H, C, joined):
    shape, width = (R, H, H, C), C + sum(joined)
    constants = [torch.randn(s, device="cuda").half() for s in ((C,), (C,), (9, C), (C,))]
    buffers = Buffers(shape, shape, (R, H, H, width), *((R, H, H, e) for e in joined))
    make = lambda tiling, x, y, normed, *more: [launches.depthwise_norm(table.gpu.device, x, *constants, more, y, normed, tiling)]
    table.tiled("depthwise_norm", f"{R}x{H}x{H}x{C}" + "".join(f"+{e}" for e in joined), shape, 12, 0, buffers, buffers.bytes, make)


def mixing(table, R, H, C):
    shape = (R, H, H, C)
    constants = [torch.randn(s, device="cuda").half() for s in ((9, C), (C,), (C,))]
    stats = torch.rand(R, H, H, 2, device="cuda")
    buffers = Buffers(shape, shape, shape)
    make = lambda tiling, x, y, normed: [launches.mixing_depthwise(table.gpu.device, x, stats, *constants, y, normed, tiling)]
    table.tiled("mixing_depthwise", f"{R}x{H}x{H}x{C}", shape, 11, 8, buffers, buffers.bytes + stats.numel() * 4, make)
    for a_multiprocessor in (None, 8, 16):
        blocks = a_multiprocessor and a_multiprocessor * table.gpu.device.multiprocessors
        row = table.measure("norm_statistics", f"{R * H * H}x{C}", f"{a_multiprocessor or 'all'} blocks", buffers, buffers.bytes // 3,
                            lambda x, *_: [launches.norm_statistics(x, stats, blocks=blocks)])
        row["default"] = blocks is None


def affine(table, tokens, C):
    scale, offset = torch.randn(2, C, device="cuda").half()
    buffers = Buffers((tokens, C), (tokens, C), (tokens, C))
    table.measure("affine_norm", f"{tokens}x{C}", "", buffers, buffers.bytes, lambda x, y, n: [launches.affine_norm(x, scale, offset, y, n)])


def response(table, R, tokens, K, N):
    gamma, s = torch.randn(K, device="cuda").half(), torch.rand(R, K, device="cuda")
    weight, scaled = torch.randn(K, N, device="cuda").half(), torch.empty(R, K, N, device="cuda").half()
    counters = torch.zeros(launches.response_counters(R, K), dtype=torch.int32, device="cuda")
    chosen = launches.response_chunks(table.gpu.device, R, tokens, K)
    one, two, size = Buffers((R, tokens, K)), Buffers((R, tokens, K), (R, tokens, K)), f"{R}x{tokens}x{K}"
    for chunks in dict.fromkeys((chosen, max(1, chosen // 2), min(chosen * 2, -(-tokens // 8)))):
        partials = torch.empty(launches.response_partials(R, K, chunks), device="cuda")
        row = table.measure("response_scale", size, chunks, one, one.bytes, lambda u: [launches.response_scale(u, gamma, s, partials, counters, chunks)])
        row["default"] = chunks == chosen
    for each in (64, 32, 128):
        row = table.measure("scale_activation", size, f"{each} tokens", two, two.bytes,
                            lambda u, out: [launches.scale_activation(u, s, out, parts=-(-tokens // each))])
        row["default"] = each == 64
    moved = weight.numel() * 2 * (1 + R)
    table.measure("scale_weight", f"{R}x{K}x{N}", "", Buffers((K, N)), moved, lambda w: [launches.scale_weight(w, s, scaled)])


def masked_attention(table, rows, heads):
    mask = torch.full((77, 77), -65504., device="cuda").triu(1).half().expand(rows, 1, 77, 77).contiguous()
    buffers = Buffers((rows, 77, 192 * heads), (rows, 77, 64 * heads))
    table.measure("masked_attention", f"{rows}x77x{heads}x64", "", buffers, buffers.bytes + mask.numel() * 2,
                  lambda qkv, y: [launches.masked_attention(qkv, mask, y, heads, .125)])


def copies(table):
    """What a launch costs that does nothing, and what the device's own copy reaches."""
    x, stats = torch.zeros(0, 8, device="cuda").half(), torch.zeros(1, 2, device="cuda")
    nothing = launches.Launch("norm_statistics_1", (1, 1, 1), 128, 0, (x, stats, launches.Long(0), 8, 1e-6))
    source = torch.randn(1 << 28, device="cuda")
    target = torch.empty_like(source)
    times = []
    for _ in range(REPEATS):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        target.copy_(source)
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    rate = 2 * source.numel() * 4 / statistics.median(times) / 1e6
    print(f"a launch of nothing {microseconds(table.gpu, [[nothing]]):.2f} us; a copy of 1 GiB {rate:.0f} GB/s", flush=True)


def benchmark(gpu):
    table = Table(gpu)
    copies(table)
    for R in (2, 8):
        for H, C, joined in ((24, 1536, ()), (128, 320, ()), (64, 640, (16,)), (32, 1280, (16,)), (16, 1280, (16,)), (64, 640, (640, 16))):
            if R == 2 or len(joined) < 2:
                depthwise(table, R, H, C, joined)
        for H, K, N in ((24, 6144, 1536), (128, 1280, 320), (64, 2560, 640), (32, 5120, 1280), (16, 5120, 1280)):
            response(table, R, H * H, K, N)
        for tokens, C in ((576, 1536), (1024, 1280), (256, 1280)):
            affine(table, R * tokens, C)
        for heads in (16, 20):
            masked_attention(table, R, heads)
    mixing(table, 1, 256, 384)
    mixing(table, 1, 512, 192)
    table.print()
    return table.rows
