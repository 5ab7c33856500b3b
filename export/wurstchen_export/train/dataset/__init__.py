"""The training pictures and their captions: rendering, concepts, variations, vocabulary, and batches.

For training, ``evaluate`` and ``experiment``.
May import: model.
"""
