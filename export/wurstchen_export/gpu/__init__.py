"""Measurements of the published sizes on a GPU: bundles with random weights, speed, kernels, and accuracy.

For the command line.
May import: model, graphs, bundle, families, families.stable_cascade.
"""
