"""What the training of any network needs: the loop, processes and ranks, options, precision, and files of parts.

For training, the judge's training and ``experiment``.
May import: train.dataset.
"""
