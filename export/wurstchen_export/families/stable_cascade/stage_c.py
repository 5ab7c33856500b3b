"""Stage C's two graphs."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wurstchen_export.families.stable_cascade import conditioning as conditions
from wurstchen_export.families.stable_cascade.conditioning import Context
from wurstchen_export.families.stable_cascade.layout import Layout
from wurstchen_export.families.stable_cascade.network import Network
from wurstchen_export.families.stable_cascade.plan import ATTENTION, Plan
from wurstchen_export.graphs import step as denoising
from wurstchen_export.graphs.contract import text_keys_values
from wurstchen_export.graphs.layers import Dense, TextKeysValues, layer_norm, to_maps, to_tokens, unshuffled
from wurstchen_export.graphs.shapes import KEEP, REST, reshape


class ConditionKeysValues(nn.Module):
    """Keys and values of the condition for every attention block, by level."""

    def __init__(self, plan: Plan):
        super().__init__()
        self.levels = list(plan.attention())
        self.blocks = nn.ModuleList(
            nn.ModuleList(TextKeysValues(block) for block in plan.blocks(ATTENTION, level)) for level in self.levels
        )

    def forward(self, tokens: Tensor) -> dict[str, Tensor]:
        """tokens: [rows, tokens, channels], not yet normed. Returns [blocks, 2, rows, heads, tokens, head_dim] by name."""
        activated = F.silu(layer_norm(tokens))
        return {
            text_keys_values(level): torch.stack([block(activated) for block in blocks]).float()
            for level, blocks in zip(self.levels, self.blocks)
        }


class StageCCondition(nn.Module):
    """What text and image prompts contribute to every step."""

    def __init__(self, model: nn.Module, layout: Layout):
        super().__init__()
        self.plan, self.layout, self.patch_size = Plan(model), layout, model.config.patch_size
        self.text = Dense.of(model.clip_txt_mapper)
        self.pooled = Dense.of(model.clip_txt_pooled_mapper)
        self.image = Dense.of(model.clip_img_mapper)
        self.keys_values = ConditionKeysValues(self.plan)
        self.clip_seq, self.width = model.config.clip_seq, model.config.conditioning_dim

    def forward(self, hidden_states: Tensor, pooled: Tensor, image_embeddings: Tensor, latents: Tensor):
        """Shapes: see contract.py. Of the latents only the shape is used."""
        dtype = self.text.weight.dtype
        pooled_tokens = reshape(self.pooled(pooled.to(dtype)), KEEP, self.clip_seq, self.width)
        image = self.image(image_embeddings.to(dtype))
        count = self.clip_seq * image_embeddings.shape[1]
        image_tokens = reshape(image, KEEP, REST, self.width, rest=count)
        tokens = torch.cat([self.text(hidden_states.to(dtype)), pooled_tokens, image_tokens], dim=1)
        found = self.keys_values(tokens)
        indexes = denoising.row_indexes(latents, hidden_states)
        found |= dict(zip(("image_of_row", "text_row", "negative_row"), indexes, strict=True))
        ones = conditions.ones_of_tokens(tokens)
        found |= conditions.of_sizes(self.layout, self.plan, latents, ones, self.patch_size)
        return conditions.ordered(self.layout, found)


class StageStep(nn.Module):
    """One step: noise prediction for all rows, guidance, update. The network's output is the noise itself."""

    def __init__(self, model: nn.Module, layout: Layout, divisor: float = 1.0):
        """divisor: see Network."""
        super().__init__()
        self.layout, self.patch_size = layout, model.config.patch_size
        self.embedding = Dense.of(model.embedding[1])
        self.network = Network(Plan(model), divisor)
        self.out = Dense.of(model.clf[1])

    def forward(self, latents, step, bad_step, step_table, noise_table, guidance_scale, *conditioning):
        """conditioning: the outputs of the condition graph. Returns next_latents, next_step and next_bad_step."""
        context = Context.of(self.layout, conditioning)
        image_of_row, text_row, negative_row = context.indexes
        row = denoising.table_row(step_table, step)
        predicted = self.noise(latents.index_select(0, image_of_row), row[0], context)
        return denoising.finish(
            latents, predicted, row, noise_table, step, bad_step, guidance_scale, text_row, negative_row
        )

    def noise(self, latents: Tensor, noise_ratio: Tensor, context: Context) -> Tensor:
        """The reference's forward: latents [rows, channels, height, width] to the noise in them, float32."""
        x = latents.to(self.out.weight.dtype)
        if self.patch_size == 1:
            x = to_tokens(x)
        else:
            x = unshuffled(x, context.map_shape(0), self.patch_size)
        x = layer_norm(self.embedding(x))
        if self.layout.map_channels is not None:
            x = x + context.semantic_map.to(x.dtype)
        x = to_maps(self.out(self.network(x, noise_ratio, context)).float())
        return x if self.patch_size == 1 else F.pixel_shuffle(x, self.patch_size)
