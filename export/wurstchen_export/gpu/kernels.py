"""Profiles a bundle's steps and Stage A on a GPU by kernel, with ONNX Runtime's CUDA provider in this process.

A recorded step (CUDA graph) takes about as long as its kernels; a step that is submitted anew may take longer. The
tensors hold arbitrary values, on which the time does not depend.

Needs onnxruntime-gpu instead of onnxruntime, built for torch's CUDA version.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
import onnxruntime
import torch
from torch.profiler import ProfilerActivity, profile

from wurstchen_export.bundle.runtime import ORT_ERROR_ONLY, Bundle, PictureRequest
from wurstchen_export.gpu.full_size import check_device
from wurstchen_export.gpu.reference_times import milliseconds
from wurstchen_export.graphs import contract

GRAPHS = {contract.STAGE_C_STEP: 2, contract.STAGE_B_STEP: 2, contract.STAGE_A_DECODE: 1}
"""Rows of a picture: steps are guided."""
STEPS = 12
SHOWN = 12


@dataclass(frozen=True)
class Times:
    """Milliseconds of one run, of its kernels by name, and the number of kernels."""

    run: float
    kernels: Counter
    count: int


def main(
    folder: Path,
    width: int,
    height: int,
    images: list[int],
    device: str = "cuda",
    shown: int = SHOWN,
    progress: Callable[[str], None] = print,
) -> None:
    """Prints a line for each graph and batch size, and its longest kernels. Without a GPU there are none."""
    check_device(device)
    bundle = Bundle(folder)
    progress(f"ONNX Runtime {onnxruntime.__version__}, {device}, {width}x{height} px; ms")
    for graph, rows in GRAPHS.items():
        session = open_session(bundle, graph, device)
        for count in images:
            lengths = axes_of(bundle, PictureRequest("", width=width, height=height), count, rows * count)
            arrays = arrays_of(bundle, graph, lengths)
            found = measure(bind(session, bundle, graph, arrays, device), session, device)
            total = sum(found.kernels.values())
            progress(f"{graph}, {count} at a time: {found.run:.2f}, of which {found.count} kernels {total:.2f}")
            for name, taken in found.kernels.most_common(shown):
                progress(f"  {taken:8.3f} {name[:110]}")


def open_session(bundle: Bundle, graph: str, device: str) -> onnxruntime.InferenceSession:
    """Opens the graph as the Java library does to record its runs."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ORT_ERROR_ONLY
    options.enable_mem_pattern = False
    options.add_session_config_entry("optimization.disable_specified_optimizers", "GatherSliceToSplitFusion")
    providers = ["CPUExecutionProvider"]
    if device != "cpu":
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
        cuda = {"arena_extend_strategy": "kSameAsRequested", "cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}
        providers = [("CUDAExecutionProvider", cuda)]
    path = bundle.folder / bundle.manifest["graphs"][graph]["file"]
    return onnxruntime.InferenceSession(str(path), options, providers=providers)


def axes_of(bundle: Bundle, request: PictureRequest, images: int, rows: int) -> dict[str, int]:
    """Returns the length of every dynamic axis of a graph."""
    (c_height, c_width), (b_height, b_width) = bundle.sides(request)
    lengths = {"images": images, "rows": rows, "steps": STEPS}
    lengths |= {"c_height": c_height, "c_width": c_width, "b_height": b_height, "b_width": b_width}
    stage_b = bundle.manifest["configs"]["decoder/decoder/config.json"]
    for level in range(len(stage_b["c_hidden"])):
        reduction = stage_b["patch_size"] * 2**level
        lengths |= {f"map_{level}_height": b_height // reduction, f"map_{level}_width": b_width // reduction}
    return lengths


def arrays_of(bundle: Bundle, graph: str, lengths: dict[str, int]) -> dict[str, np.ndarray]:
    """Returns the graph's inputs by name."""
    return {tensor["name"]: _array(tensor, lengths) for tensor in bundle.manifest["graphs"][graph]["inputs"]}


def _array(tensor: dict, lengths: dict[str, int]) -> np.ndarray:
    name, images, rows = tensor["name"], lengths["images"], lengths["rows"]
    if _is_shape(name):
        level = name.removeprefix(contract.map_shape()).lstrip("_")
        sides = [f"map_{level}_height", f"map_{level}_width"] if level else ["c_height", "c_width"]
        return np.array([0, *(lengths[side] for side in sides), -1], np.int64)
    rows_of = {
        "image_of_row": np.arange(rows) % images,
        "text_row": np.arange(images),
        "negative_row": np.arange(images) + rows - images,
    }
    if name in rows_of:
        return rows_of[name].astype(np.int64)
    shape = [lengths.get(axis, axis) for axis in tensor["axes"]]
    if tensor["dtype"] == contract.INT:
        return np.zeros(shape, np.int64)
    return np.random.default_rng(0).uniform(0.25, 0.75, shape).astype(np.float32)


def _is_shape(name: str) -> bool:
    return name.startswith(contract.map_shape())


def bind(session, bundle: Bundle, graph: str, arrays: dict[str, np.ndarray], device: str):
    """Binds inputs and outputs on the device, except shapes, which the host reads. The arrays must outlive it."""
    binding = session.io_binding()
    for name, array in arrays.items():
        if _is_shape(name):
            binding.bind_cpu_input(name, array)
        else:
            binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(array, device, 0))
    for tensor in bundle.manifest["graphs"][graph]["outputs"]:
        binding.bind_output(tensor["name"], device)
    return binding


def measure(binding, session, device: str) -> Times:
    """Returns the median time of several runs, and the kernels of another one."""
    median = milliseconds(lambda: session.run_with_iobinding(binding), device)
    with profile(activities=[ProfilerActivity.CPU if device == "cpu" else ProfilerActivity.CUDA]) as profiled:
        session.run_with_iobinding(binding)
        binding.synchronize_outputs()
    kernels, count = Counter(), 0
    for event in profiled.profiler.kineto_results.events():
        if event.device_type() == torch.autograd.DeviceType.CUDA:
            kernels[event.name()] += event.duration_ns() / 1e6
            count += 1
    return Times(median, kernels, count)
