"""Parts of the training method that the stages share: diffusion, dropout, calibration, and the response norm.

For training and ``experiment``.
May import: train.dataset.
"""
