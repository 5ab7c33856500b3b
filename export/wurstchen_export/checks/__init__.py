"""Comparisons with the reference in PyTorch: parity, golden files for the Java tests, decibels, and CPU time.

For the command line.
May import: model, graphs, graphs.operators, bundle, families, families.wuerstchen_v2, families.stable_cascade.
"""
