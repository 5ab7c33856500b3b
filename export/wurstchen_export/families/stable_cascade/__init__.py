"""Stable Cascade: one text encoder, image prompts, and a U with repeats in both stages.

May import: families, model, graphs, graphs.operators.
"""

from wurstchen_export.families.stable_cascade.family import StableCascade

FAMILY = StableCascade()
