"""Graphs are networkx's own, every link goes both ways, and what is known is apart from what is tested."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from core.data import graphs

GRAPHS = {
    "karate_club": (graphs.karate_club, nx.karate_club_graph),
    "les_miserables": (graphs.les_miserables, nx.les_miserables_graph),
    "florentine_families": (graphs.florentine_families, nx.florentine_families_graph),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_edges_are_networkx_links_both_ways(name: str) -> None:
    load, original = GRAPHS[name]
    loaded, graph = load(known=1), original()
    dense = np.zeros((len(graph), len(graph)))
    dense[tuple(loaded.edges)] = 1
    np.testing.assert_array_equal(dense, nx.to_numpy_array(graph, weight=None))
    assert len(loaded.names) == len(loaded.features) == len(loaded.positions) == len(graph)
    assert np.abs(loaded.positions).max() <= 1.0001


@pytest.mark.parametrize("known", [1, 2])
@pytest.mark.parametrize("name", GRAPHS)
def test_every_class_has_its_known_nodes_and_the_rest_are_test_nodes(name: str, known: int) -> None:
    loaded = GRAPHS[name][0](known=known)
    counts = np.bincount(loaded.labels[loaded.known], minlength=len(loaded.classes))
    assert (counts == known).all()
    assert sorted([*loaded.known, *loaded.test]) == list(range(len(loaded.names)))


def test_known_members_of_the_karate_club_lead_its_factions() -> None:
    loaded = graphs.karate_club(known=1)
    assert loaded.known.tolist() == [0, 33]  # Mr. Hi, the instructor, and John A., the officer
    assert loaded.classes == ("Mr. Hi", "Officer")
    assert np.bincount(loaded.labels).tolist() == [17, 17]


def test_communities_split_the_graph_better_than_chance() -> None:
    loaded = graphs.florentine_families(known=1)
    graph = nx.florentine_families_graph()
    members = [
        {name for name, label in zip(loaded.names, loaded.labels, strict=True) if label == number}
        for number in range(len(loaded.classes))
    ]
    assert nx.community.modularity(graph, members) > 0.3
    assert any(name.startswith("Medici") for name in loaded.classes)
