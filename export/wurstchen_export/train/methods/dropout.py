"""Dropout while a stage trains, in the places where the reference's class and CLIP's text model have it.

What is drawn or saved is without it: a module in evaluation mode drops nothing, and dropout has no weights.
"""

from torch import nn


def use_dropout(module: nn.Module, rate: float) -> None:
    """Makes every dropout of a module set that share of activations to zero, in training mode."""
    for dropout in module.modules():
        if isinstance(dropout, nn.Dropout):
            dropout.p = rate
