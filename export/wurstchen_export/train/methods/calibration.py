"""Batch norm's running statistics for averaged weights: those of training belong to the weights before averaging."""

import torch
from torch import nn

BATCHES = 8


@torch.no_grad()
def calibrated(module: nn.Module, forward) -> None:
    """Measures the statistics anew over a few calls of forward(); leaves the module in evaluation mode."""
    norms = [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean
        norm.train()
    for _ in range(BATCHES):
        forward()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()


@torch.no_grad()
def recalibrated(module: nn.Module, forward):
    """The same, with the norms' weights making up for it: the module computes what it did, and in training mode nearly.

    Returns what the last call of forward() did.
    """
    norms = [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
    before = [(norm.running_mean.clone(), norm.running_var.clone()) for norm in norms]
    calibrated(module, forward)
    for norm, (mean, variance) in zip(norms, before, strict=True):
        scale = norm.weight / (variance + norm.eps).sqrt()
        norm.bias += (norm.running_mean - mean) * scale
        norm.weight.copy_(scale * (norm.running_var + norm.eps).sqrt())
    return forward()
