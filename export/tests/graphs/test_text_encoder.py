"""The text encoders' graphs in 16 bits, whose layers are made of the library's operators."""

import onnx
import pytest
import torch
from transformers import CLIPTextConfig, CLIPTextModel

from wurstchen_export.graphs import wrappers
from wurstchen_export.graphs.operators import functions
from wurstchen_export.graphs.text_encoder import TextEncoder
from wurstchen_export.model import tiny

TOKENS, VOCABULARY = 9, 50
COMMON = ["LayerNormalization", "Dense", "MaskedAttention", "DenseBiasResidual", "LayerNormalization"]
LAYERS = {
    "text_encoder_c": [*COMMON, "DenseGelu", "DenseBiasResidual"],
    # ONNX Runtime makes one QuickGelu of the product and the sigmoid when it loads the graph.
    "text_encoder_b": [*COMMON, "Dense", "Mul", "Sigmoid", "Mul", "DenseBiasResidual"],
}


def reference(activation, width, heads):
    config = CLIPTextConfig(
        vocab_size=VOCABULARY,
        max_position_embeddings=TOKENS,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=heads,
        hidden_act=activation,
    )
    model = CLIPTextModel(config).eval()
    tiny.randomise(model, torch.Generator().manual_seed(3))
    return model


@pytest.mark.parametrize("activation", ["gelu", "quick_gelu"])
@pytest.mark.parametrize("width, heads", [(24, 3), (24, 2), (136, 1)], ids=["operator", "odd-head", "wide-head"])
def test_encoder_in_16_bits_computes_what_the_reference_does(activation, width, heads):
    model = reference(activation, width, heads)
    ids = torch.randint(VOCABULARY, (3, TOKENS), generator=torch.Generator().manual_seed(5))
    mask = (torch.arange(TOKENS) < torch.tensor([[TOKENS], [4], [1]])).long()
    with torch.no_grad():
        expected = model(ids, attention_mask=mask).last_hidden_state
        found = wrappers.in_half(TextEncoder(model, TOKENS))(ids, mask)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, rtol=0, atol=4e-3 * expected.abs().max().item())


@pytest.mark.parametrize("width, heads, is_used", [(24, 3, True), (24, 2, False), (136, 1, False)])
def test_attention_is_an_operator_where_its_kernel_supports_the_heads(monkeypatch, width, heads, is_used):
    used = []

    def attention(*given):
        used.append(given)
        return torch.ops.wurstchen.MaskedAttention(*given)

    monkeypatch.setattr("wurstchen_export.graphs.text_encoder.nodes.masked_attention", attention)
    ids = torch.zeros(1, TOKENS, dtype=torch.int64)
    with torch.no_grad():
        wrappers.in_half(TextEncoder(reference("gelu", width, heads), TOKENS))(ids, ids + 1)
    assert bool(used) == is_used


@pytest.mark.parametrize("graph", LAYERS)
def test_a_layer_is_few_nodes(half_bundle, graph):
    nodes = onnx.load(half_bundle / f"{graph}.onnx", load_external_data=False).graph.node
    names = [node.op_type for node in nodes]
    first = names.index("LayerNormalization")
    layers = 2
    assert names[first:] == [*LAYERS[graph] * layers, "LayerNormalization", "Cast"]
    assert first == 8
    ours = {node.op_type for node in nodes if node.domain == functions.DOMAIN}
    assert ours == set(LAYERS[graph]) & set(functions.protos())
