"""Operators of the domain ``wurstchen``, of which the 16-bit graphs are made.

Each is a node in the graph and a model-local function of standard operators (``functions``), so that any ONNX Runtime
runs it; on a GPU the Java library replaces the function by a CUDA kernel. Modules call ``nodes``; ``translations``
write the nodes; ``formulas`` define the results in torch.
May import: no other room.
"""
