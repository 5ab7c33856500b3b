"""Würstchen v2: two text encoders, semantic latents apart from Stage C latents.

Its source, contract and graphs are in the rooms model and graphs, of which other families use parts.

May import: families, model, graphs.
"""

from wurstchen_export.families.wuerstchen_v2.family import WuerstchenV2

FAMILY = WuerstchenV2()
