"""Model families: what a family decides, and finding the family of a model or of a bundle.

Each family is a package below this one. A new one needs no change elsewhere.

May import: model, graphs.
"""
