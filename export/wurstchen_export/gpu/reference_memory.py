"""Measures the GPU memory of the reference: all its parts in 16 bits, and one call of each."""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path

import torch

from wurstchen_export.gpu import full_size, reference_times
from wurstchen_export.model.tiny import Sizes


@torch.no_grad()
def peak_bytes(width: int, height: int, pictures: int, device: str, sizes: Sizes) -> int:
    """Returns the most bytes that torch reserved at once, the weights of all parts included, without CUDA's context; 0
    without a GPU."""
    if not device.startswith("cuda"):
        return 0
    gc.collect()
    torch.cuda.empty_cache()
    with tempfile.TemporaryDirectory() as folder:
        source = full_size.random_source(Path(folder), sizes, device=device)
        for name in ("text_encoder_c", "text_encoder_b", "text_encoder"):
            if hasattr(type(source), name):
                getattr(source, name).half()
        found = list(reference_times.parts(source, width, height, device))
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
        for part in found:
            part.call(*part.inputs(part.rows * pictures))
        torch.cuda.synchronize()
        peak = torch.cuda.max_memory_reserved(device)
    del source, found, part
    gc.collect()
    torch.cuda.empty_cache()
    return peak
