"""A bundle: writing it with its manifest, running it with ONNX Runtime, and restoring the model from it.

For the command line and every room that writes, runs or measures bundles.
May import: model, graphs, families, families.wuerstchen_v2.
"""
