"""Comparisons with the reference in PyTorch: parity, golden files for the Java tests, decibels, and CPU time.

For the command line.
May import: model, graphs, graphs.operators, bundle.
"""
