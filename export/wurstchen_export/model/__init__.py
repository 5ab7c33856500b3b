"""The model as diffusers lays it out: reading it, its sizes, rounding its weights, and tiny models for tests.

For every other room. It knows nothing of graphs or bundles.
May import: no other room.
"""
