"""The modules that are traced, one for each graph of a bundle, and the writer that turns them into ONNX files.

``contract`` (names and axes) and ``schedule`` are for every room above; the rest is for ``bundle``, the judge's
graph and tests.
May import: graphs.operators, model.
"""
