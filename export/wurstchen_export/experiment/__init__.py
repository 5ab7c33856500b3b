"""Trains and compares the cascade and a plain latent diffusion model at equal cost.

For the command line.
May import: evaluate, evaluate.judge, train, train.dataset, train.engine, train.methods.
"""
