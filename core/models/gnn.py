"""Graph networks: GCN, GraphSAGE and GAT.

Nodes hold features (nodes, features). edges (2, edges) int64 lists messages: from edges[0] to edges[1]; an
undirected graph lists each edge both ways, and a node's message to itself only where a layer adds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ATTENTION_SLOPE = 0.2  # of the leaky ReLU inside GAT's attention, as in the paper
DROPOUT = 0.5


@dataclass(frozen=True, eq=False)
class Messages:
    """What layers need to know of the edges of a graph, which stays the same from step to step.

    sources, targets (edges,) as in edges; own_sources, own_targets (edges + nodes,) with each node's message
    to itself at the end; weights (edges + nodes, 1) are 1 / sqrt(the degrees of both, themselves included);
    senders (nodes, 1) is how many send to a node, at least 1.
    """

    sources: Tensor
    targets: Tensor
    own_sources: Tensor
    own_targets: Tensor
    weights: Tensor
    senders: Tensor

    @classmethod
    def along(cls, edges: Tensor, x: Tensor) -> Messages:
        """Of edges (2, edges) among the nodes with the features x (nodes, features)."""
        sources, targets = edges
        own_sources, own_targets = with_self_loops(edges, len(x))
        degree = _count(own_targets, x)
        weights = (degree[own_sources] * degree[own_targets]).rsqrt()[:, None]
        senders = _count(targets, x).clamp(min=1)[:, None]
        return cls(sources, targets, own_sources, own_targets, weights, senders)


def _count(targets: Tensor, x: Tensor) -> Tensor:
    """How many messages reach each node, (nodes,), in the numbers of x."""
    return torch.zeros(len(x), device=x.device).index_add(0, targets, torch.ones_like(targets, dtype=x.dtype))


def _messages(edges: Tensor | Messages, x: Tensor) -> Messages:
    return edges if isinstance(edges, Messages) else Messages.along(edges, x)


class GCNLayer(nn.Module):
    """H = D^-1/2 (A + I) D^-1/2 X W + b, with D the degrees of A + I: (nodes, inputs) -> (nodes, outputs).

    Source: Kipf & Welling 2017, equation 2.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs))
        nn.init.xavier_uniform_(self.linear.weight)

    def forward(self, x: Tensor, edges: Tensor | Messages) -> Tensor:
        messages = _messages(edges, x)
        sent = messages.weights * self.linear(x)[messages.own_sources]
        return gather(sent, messages.own_targets, len(x)) + self.bias


class SAGELayer(nn.Module):
    """H = X W_self + mean of the neighbours' X W_neighbours + b: (nodes, inputs) -> (nodes, outputs).

    A node without neighbours has a mean of zero.
    Source: Hamilton, Ying & Leskovec 2017, algorithm 1 with the mean aggregator.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.own = nn.Linear(inputs, outputs)
        self.neighbours = nn.Linear(inputs, outputs, bias=False)
        nn.init.xavier_uniform_(self.own.weight)
        nn.init.zeros_(self.own.bias)
        nn.init.xavier_uniform_(self.neighbours.weight)

    def forward(self, x: Tensor, edges: Tensor | Messages) -> Tensor:
        messages = _messages(edges, x)
        mean = gather(x[messages.sources], messages.targets, len(x)) / messages.senders
        return self.own(x) + self.neighbours(mean)


class GATLayer(nn.Module):
    """H_i = sum over j of a_ij (X W)_j, j being i and its neighbours, with attention a learnt by each head.

    a_ij = softmax over j of LeakyReLU(s·(X W)_j + t·(X W)_i). The heads' outputs are concatenated, or
    averaged where joined is False: (nodes, inputs) -> (nodes, heads * outputs) or (nodes, outputs).
    Source: Veličković et al. 2018, equations 3 to 6.
    """

    def __init__(self, inputs: int, outputs: int, heads: int, joined: bool) -> None:
        super().__init__()
        self.heads, self.outputs, self.joined = heads, outputs, joined
        self.linear = nn.Linear(inputs, heads * outputs, bias=False)
        self.source = nn.Parameter(torch.empty(heads, outputs))
        self.target = nn.Parameter(torch.empty(heads, outputs))
        self.bias = nn.Parameter(torch.zeros(heads * outputs if joined else outputs))
        for weight in (self.linear.weight, self.source, self.target):
            nn.init.xavier_uniform_(weight)

    def forward(self, x: Tensor, edges: Tensor | Messages) -> Tensor:
        messages = _messages(edges, x)
        sources, targets = messages.own_sources, messages.own_targets
        projected = self.linear(x).unflatten(1, (self.heads, self.outputs))
        weights = self._attention(projected, sources, targets)
        heads = gather(weights[:, :, None] * projected[sources], targets, len(x))
        return (heads.flatten(1) if self.joined else heads.mean(1)) + self.bias

    def attention(self, x: Tensor, edges: Tensor) -> Tensor:
        """Attention of each message, (edges + nodes, heads); those of the self-loops come last.

        In each head the attention over a node's incoming messages adds up to 1.
        """
        sources, targets = with_self_loops(edges, len(x))
        projected = self.linear(x).unflatten(1, (self.heads, self.outputs))
        return self._attention(projected, sources, targets)

    def _attention(self, projected: Tensor, sources: Tensor, targets: Tensor) -> Tensor:
        scores = (projected * self.source).sum(2)[sources] + (projected * self.target).sum(2)[targets]
        scores = F.leaky_relu(scores, ATTENTION_SLOPE)
        # The maximum of a node's messages cancels in the softmax; without it exp would overflow.
        largest = torch.full((len(projected), self.heads), -torch.inf, device=scores.device)
        largest = largest.scatter_reduce(0, targets[:, None].expand_as(scores), scores.detach(), "amax")
        weights = (scores - largest[targets]).exp()
        return weights / gather(weights, targets, len(projected))[targets]


class GraphNetwork(nn.Module):
    """Graph layers with an activation and dropout between: (nodes, features), (2, edges) -> (nodes, outputs).

    During training each input feature of a layer is dropped with probability `dropout`.
    """

    def __init__(
        self, layers: list[nn.Module], activation: Callable[[Tensor], Tensor], dropout: float
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.activation, self.dropout = activation, dropout

    def forward(self, x: Tensor, edges: Tensor | Messages, random: torch.Generator | None = None) -> Tensor:
        *hidden, last = self.layers
        edges = _messages(edges, x)
        for layer in hidden:
            x = self.activation(layer(self.drop(x, random), edges))
        return last(self.drop(x, random), edges)

    def drop(self, x: Tensor, random: torch.Generator | None) -> Tensor:
        """x after dropout, with a mask from a CPU generator; x itself without one."""
        if random is None or not self.dropout:
            return x
        mask = torch.rand(x.shape, generator=random) >= self.dropout
        return x * mask.to(x) / (1 - self.dropout)


def gcn(
    inputs: int, outputs: int, hidden: tuple[int, ...], activation: Callable[[Tensor], Tensor], dropout: float
) -> GraphNetwork:
    """A graph convolutional network."""
    sizes = (inputs, *hidden, outputs)
    return GraphNetwork([GCNLayer(a, b) for a, b in pairwise(sizes)], activation, dropout)


def graphsage(
    inputs: int, outputs: int, hidden: tuple[int, ...], activation: Callable[[Tensor], Tensor], dropout: float
) -> GraphNetwork:
    """GraphSAGE with all neighbours (the graphs are small) and their mean."""
    sizes = (inputs, *hidden, outputs)
    return GraphNetwork([SAGELayer(a, b) for a, b in pairwise(sizes)], activation, dropout)


def gat(
    inputs: int,
    outputs: int,
    hidden: tuple[int, ...],
    activation: Callable[[Tensor], Tensor],
    dropout: float,
    heads: int,
) -> GraphNetwork:
    """A graph attention network; hidden counts the units of all heads together, the last layer has one."""
    sizes = (inputs, *hidden)
    layers: list[nn.Module] = [GATLayer(a, b // heads, heads, joined=True) for a, b in pairwise(sizes)]
    return GraphNetwork([*layers, GATLayer(sizes[-1], outputs, 1, joined=False)], activation, dropout)


def with_self_loops(edges: Tensor, nodes: int) -> tuple[Tensor, Tensor]:
    """Where messages come from and go to, with each node's message to itself at the end."""
    own = torch.arange(nodes, device=edges.device)
    return torch.cat([edges[0], own]), torch.cat([edges[1], own])


def gather(messages: Tensor, targets: Tensor, nodes: int) -> Tensor:
    """Sum of the messages that reach each node: (messages, ...), (messages,) -> (nodes, ...)."""
    return torch.zeros(nodes, *messages.shape[1:], device=messages.device).index_add(0, targets, messages)
