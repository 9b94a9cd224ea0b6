"""Real social networks from networkx, with the class of a few nodes known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.data.dataset import CLASSIFICATION, GRAPH
from core.lazy import LazyModule
from core.paths import cached

if TYPE_CHECKING:
    import networkx as nx  # type: ignore[import-untyped]
else:
    nx = LazyModule("networkx")  # half a second, which a training of something else need not wait for


@dataclass(frozen=True, eq=False)
class LoadedGraph:
    """One graph whose nodes have classes, a few of them known (semi-supervised node classification)."""

    features: np.ndarray  # float32 (nodes, features), one-hot: only the edges distinguish nodes
    edges: np.ndarray  # int64 (2, edges), each link in both directions
    labels: np.ndarray  # int64 (nodes,)
    known: np.ndarray  # int64, the training nodes
    test: np.ndarray  # int64, all other nodes
    positions: np.ndarray  # float32 (nodes, 2), in [-1, 1], for drawing
    names: tuple[str, ...]
    classes: tuple[str, ...]
    kind: str = GRAPH
    task: str = CLASSIFICATION


def karate_club(known: int) -> LoadedGraph:
    """34 members of a club that split; the classes are the factions of the instructor and the officer.

    Source: Zachary 1977.
    """
    graph = nx.karate_club_graph()
    factions = {"Mr. Hi": "Mr. Hi", "Officer": "Officer"}
    classes = [factions[graph.nodes[node]["club"]] for node in graph]
    return _loaded("karate_club", graph, [f"Member {node + 1}" for node in graph], classes, known)


def les_miserables(known: int) -> LoadedGraph:
    """77 characters of Hugo's novel, linked where they share a chapter; the classes are communities.

    Sources: Knuth 1993; communities by greedy modularity, Clauset, Newman & Moore 2004.
    """
    return _with_communities("les_miserables", nx.les_miserables_graph(), known)


def florentine_families(known: int) -> LoadedGraph:
    """15 families of Renaissance Florence, linked by marriage; the classes are communities.

    Sources: Padgett & Ansell 1993; communities by greedy modularity, Clauset, Newman & Moore 2004.
    """
    return _with_communities("florentine_families", nx.florentine_families_graph(), known)


def _with_communities(key: str, graph: nx.Graph, known: int) -> LoadedGraph:
    """Each node's class is its community, named after the community's best connected node."""
    class_of: dict[object, str] = {}
    for members in nx.community.greedy_modularity_communities(graph):
        name = f"{_best_connected(graph, members)[0]}’s"
        class_of |= dict.fromkeys(members, name)
    return _loaded(key, graph, [str(node) for node in graph], [class_of[node] for node in graph], known)


def _loaded(key: str, graph: nx.Graph, names: list[str], class_names: list[str], known: int) -> LoadedGraph:
    nodes = list(graph)
    classes = tuple(dict.fromkeys(class_names))
    number = {node: n for n, node in enumerate(nodes)}
    training = []
    for name in classes:
        members = [node for node, its in zip(nodes, class_names, strict=True) if its == name]
        training += [number[node] for node in _best_connected(graph, members)[:known]]
    links = np.array([(number[a], number[b]) for a, b in graph.edges], np.int64).T
    (positions,) = cached(f"{key}-layout-{nx.__version__}", ("positions",), lambda: _layout(graph))
    return LoadedGraph(
        features=np.eye(len(nodes), dtype=np.float32),
        edges=np.concatenate([links, links[::-1]], axis=1),
        labels=np.array([classes.index(name) for name in class_names], np.int64),
        known=np.array(sorted(training), np.int64),
        test=np.array(sorted(set(number.values()) - set(training)), np.int64),
        positions=positions,
        names=tuple(names),
        classes=classes,
    )


def _layout(graph: nx.Graph) -> tuple[np.ndarray]:
    """Positions of the nodes, float32 (nodes, 2), by springs. It takes a second: SciPy is loaded for it."""
    layout = nx.kamada_kawai_layout(graph, weight=None)
    return (np.array([layout[node] for node in graph], np.float32),)


def _best_connected(graph: nx.Graph, members: object) -> list[object]:
    """Members with the most links first; of equals, the earlier one in the graph."""
    order = {node: n for n, node in enumerate(graph)}
    return sorted(members, key=lambda node: (-graph.degree[node], order[node]))  # type: ignore[call-overload]
