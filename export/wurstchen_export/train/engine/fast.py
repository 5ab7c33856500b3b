"""Compiling the blocks of a stage one at a time: most are alike, so little is compiled and all of it runs faster.

What is replaced here computes the same functions; the weights stay where they are.
"""

import contextlib
import sys
import time
import types

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn

BLOCKS = (
    "ResBlock",
    "ResBlockStageB",
    "AttnBlock",
    "TimestepBlock",
    "MixingResidualBlock",
    "ResidualConvolutions",
    "TextLayer",
)
MOST_VARIANTS = 64  # of one function: every size and channel count is compiled by itself


def shifted_depthwise(self, x: torch.Tensor) -> torch.Tensor:
    """A depthwise 3x3 convolution as nine shifted products, which compiled run faster than cuDNN's."""
    padding = self.padding[0]
    height, width = x.shape[-2] - 2 + 2 * padding, x.shape[-1] - 2 + 2 * padding
    x_padded = F.pad(x, (padding,) * 4)
    out = self.bias[None, :, None, None]
    for row in range(3):
        for column in range(3):
            weight = self.weight[:, 0, row, column][None, :, None, None]
            out = out + x_padded[:, :, row : row + height, column : column + width] * weight
    return out.to(x.dtype)


def joined_padding(self, x: torch.Tensor) -> torch.Tensor:
    """Repeats the border by one; the compiler gets the layout of torch's own operator wrong."""
    x = torch.cat([x[..., :1], x, x[..., -1:]], dim=-1)
    return torch.cat([x[..., :1, :], x, x[..., -1:, :]], dim=-2)


def use_shifted_depthwise(stage: nn.Module) -> None:
    """Replaces the forward of every depthwise 3x3 convolution that does not mix channels, and of padding before it."""
    for module in stage.modules():
        if isinstance(module, nn.ReplicationPad2d) and module.padding == (1, 1, 1, 1):
            module.forward = types.MethodType(joined_padding, module)
        if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3):
            if module.groups == module.in_channels == module.out_channels:
                module.forward = types.MethodType(shifted_depthwise, module)


def compile_blocks(stage: nn.Module) -> list[nn.Module]:
    """Marks every block of a stage to be compiled when it first runs; returns them."""
    for limit in ("recompile_limit", "cache_size_limit"):  # the name changed between releases
        if hasattr(torch._dynamo.config, limit):
            setattr(torch._dynamo.config, limit, MOST_VARIANTS)
            break
    blocks = [module for module in stage.modules() if type(module).__name__ in BLOCKS]
    for block in blocks:
        block.compile(dynamic=False)
    return blocks


def compile_or_fall_back(stages: list[nn.Module], warm_up, shifted: bool) -> bool:
    """Compiles the blocks of stages and runs warm_up() once; if that fails, says so and goes back to eager.

    Returns whether the blocks are compiled.
    """
    started, blocks = time.monotonic(), []
    try:
        for stage in stages:
            if shifted:
                use_shifted_depthwise(stage)
            blocks += compile_blocks(stage)
        warm_up()
        print(f"compiled {len(blocks)} blocks in {time.monotonic() - started:.0f} s", flush=True)
        return True
    except Exception as error:  # whatever the compiler and its tools raise
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        # All of several processes are as slow as one that is not compiled, so it is said wherever it happens.
        alone = not dist.is_initialized() or dist.get_rank() == 0
        out = sys.stdout if alone else sys.stderr
        print(f"compiling failed ({reason[0][:300]}): going on without, slower", flush=True, file=out)
        for block in blocks:
            block._compiled_call_impl = None
        for stage in stages:
            for module in stage.modules():
                if module.__dict__.get("forward") and isinstance(module, (nn.Conv2d, nn.ReplicationPad2d)):
                    del module.forward
        return False


def eagerly():
    """Context in which nothing is compiled: for shapes that occur once in a while."""
    set_stance = getattr(torch.compiler, "set_stance", None)
    return set_stance("force_eager") if set_stance else contextlib.nullcontext()
