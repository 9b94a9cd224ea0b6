"""Graph layers against their closed forms on dense matrices."""

from __future__ import annotations

import networkx as nx
import pytest
import torch
import torch.nn.functional as F

from core.models import gnn


@pytest.fixture
def graph() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Features (9, 5), edges both ways, and the dense adjacency (9, 9); node 8 has no neighbour."""
    links = nx.erdos_renyi_graph(8, 0.4, seed=3)
    links.add_node(8)
    adjacency = torch.tensor(nx.to_numpy_array(links), dtype=torch.float32)
    edges = adjacency.nonzero().T
    return torch.randn(9, 5, generator=torch.Generator().manual_seed(0)), edges, adjacency


def test_gcn_is_the_symmetrically_normalised_product(graph) -> None:
    x, edges, adjacency = graph
    layer = gnn.GCNLayer(5, 3)
    torch.nn.init.normal_(layer.bias)
    with_loops = adjacency + torch.eye(9)
    scale = torch.diag(with_loops.sum(1).pow(-0.5))
    expected = scale @ with_loops @ scale @ x @ layer.linear.weight.T + layer.bias
    torch.testing.assert_close(layer(x, edges), expected)


def test_graphsage_adds_the_mean_of_the_neighbours(graph) -> None:
    x, edges, adjacency = graph
    layer = gnn.SAGELayer(5, 3)
    mean = (adjacency / adjacency.sum(1, keepdim=True).clamp(min=1)) @ x
    expected = x @ layer.own.weight.T + layer.own.bias + mean @ layer.neighbours.weight.T
    torch.testing.assert_close(layer(x, edges), expected)


@pytest.mark.parametrize("joined", [True, False])
def test_gat_is_masked_softmax_attention(graph, joined: bool) -> None:
    x, edges, adjacency = graph
    layer = gnn.GATLayer(5, 3, heads=2, joined=joined)
    torch.nn.init.normal_(layer.bias)
    heads = []
    for head in range(2):
        weight = layer.linear.weight[3 * head : 3 * head + 3]
        projected = x @ weight.T
        # The paper's a^T [W h_i || W h_j], i listening to j.
        scores = (projected @ layer.target[head])[:, None] + (projected @ layer.source[head])[None]
        masked = F.leaky_relu(scores, 0.2).masked_fill(adjacency + torch.eye(9) == 0, -torch.inf)
        heads.append(masked.softmax(1) @ projected)
    expected = torch.cat(heads, 1) if joined else torch.stack(heads).mean(0)
    torch.testing.assert_close(layer(x, edges), expected + layer.bias)


def test_attention_that_a_node_pays_adds_up_to_one(graph) -> None:
    x, edges, _ = graph
    weights = gnn.GATLayer(5, 3, heads=2, joined=True).attention(1000 * x, edges)
    _, targets = gnn.with_self_loops(edges, 9)
    assert torch.isfinite(weights).all()
    torch.testing.assert_close(gnn.gather(weights, targets, 9), torch.ones(9, 2))


@pytest.mark.parametrize("network", ["gcn", "graphsage", "gat"])
def test_renumbering_the_nodes_renumbers_the_outputs_alone(graph, network: str) -> None:
    x, edges, _ = graph
    build = {
        "gcn": lambda: gnn.gcn(5, 2, (4,), torch.tanh, 0.5),
        "graphsage": lambda: gnn.graphsage(5, 2, (4,), torch.tanh, 0.5),
        "gat": lambda: gnn.gat(5, 2, (4,), torch.tanh, 0.5, 2),
    }[network]
    model, order = build(), torch.randperm(9, generator=torch.Generator().manual_seed(1))
    place = torch.argsort(order)
    torch.testing.assert_close(model(x[order], place[edges]), model(x, edges)[order])


def test_dropout_keeps_the_mean_and_comes_from_its_generator_alone(graph) -> None:
    x, edges, _ = graph
    model = gnn.gcn(5, 2, (4,), torch.tanh, 0.5)
    ones = torch.ones(200, 200)
    dropped = model.drop(ones, torch.Generator().manual_seed(0))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert dropped.mean().item() == pytest.approx(1, abs=0.03)
    first = model(x, edges, torch.Generator().manual_seed(5))
    torch.manual_seed(99)
    torch.testing.assert_close(model(x, edges, torch.Generator().manual_seed(5)), first, rtol=0, atol=0)


@pytest.mark.parametrize(
    "layer",
    [gnn.GCNLayer(5, 3), gnn.SAGELayer(5, 3), gnn.GATLayer(5, 3, heads=2, joined=True)],
    ids=["gcn", "graphsage", "gat"],
)
def test_what_is_known_of_the_edges_before_changes_no_bit(graph, layer: torch.nn.Module) -> None:
    x, edges, _ = graph
    assert torch.equal(layer(x, gnn.Messages.along(edges, x)), layer(x, edges))
