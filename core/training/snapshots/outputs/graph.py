"""The class that a graph network predicts of each node."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from core.events import Picture
from core.models.gnn import GATLayer
from core.training.learners.graph import GraphLearner


def graph(learner: GraphLearner) -> Iterator[Picture]:
    """The nodes, their links, and the network's prediction of each.

    positions float32 (nodes, 2); links int64 (links, 2), each once; labels and predicted int64 (nodes,);
    confidence float32 (nodes,); known bool (nodes,); attention float32 (links,), the mean of what the two
    ends of a link pay each other in the last layer, of GAT alone. values: names, classes.
    """
    data = learner.data
    links = data.edges.shape[1] // 2  # the first half, the second holds the same the other way round
    known = torch.zeros(len(data.labels), dtype=torch.bool, device=learner.device)
    known[learner.known] = True
    while True:
        with torch.inference_mode():
            probability = learner.network(learner.features, learner.edges).softmax(1)
            attention = _attention(learner)
        confidence, predicted = probability.max(1)
        arrays = {
            "positions": data.positions,
            "links": data.edges[:, :links].T.copy(),
            "labels": data.labels,
            "predicted": predicted.cpu().numpy(),
            "confidence": confidence.cpu().numpy(),
            "known": known.cpu().numpy(),
        }
        if attention is not None:
            there, back = attention[:links], attention[links : 2 * links]
            arrays["attention"] = ((there + back) / 2).cpu().numpy()
        yield Picture(
            "graph", learner.step, arrays, {"names": list(data.names), "classes": list(data.classes)}
        )


def _attention(learner: GraphLearner) -> Tensor | None:
    """Attention of the last layer, (edges + nodes,); None where the network pays none."""
    *hidden, last = learner.network.layers
    if not isinstance(last, GATLayer):
        return None
    x = learner.features
    for layer in hidden:
        x = learner.network.activation(layer(x, learner.edges))
    return last.attention(x, learner.edges).mean(1)
