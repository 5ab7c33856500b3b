"""Measures how good a bundle's pictures are, with a judge of real pictures; draws the model card's picture.

For the command line; ``experiment`` uses its prompts and measures.
May import: graphs, bundle, evaluate.judge, train.dataset.
"""
