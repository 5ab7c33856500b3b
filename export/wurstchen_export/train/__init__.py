"""Training of the three stages with the method of the Würstchen paper.

For the command line; ``experiment`` trains and loads its stages.
May import: model, train.dataset, train.engine, train.methods.
"""
