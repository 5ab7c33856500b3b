"""The judge: a classifier of a picture's emoji, style and background, trained on real renders only, never on pictures
of the model.

For ``evaluate`` and ``experiment``; its training is for the command line.
May import: graphs, train.dataset, train.engine.
"""
