"""Every page: its title, its group in the menu, and the question that it answers.

The navigation, Home and the tests read this one list. A page's key is the name of its file and its address.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """One page of the dashboard."""

    key: str  # views/KEY.py, and the path of its address
    title: str  # in the menu, as its heading, in the browser's tab and on Home
    icon: str
    group: str  # of the menu; empty for a page outside the groups
    question: str  # that the page answers

    @property
    def file(self) -> str:
        """Its file, as seen from the entry script."""
        return f"views/{self.key}.py"


LEARN, ACTIVATIONS, NETWORKS = "Learn", "Activations", "Networks"
EXPERIMENTS, MACHINE = "Experiments", "Machine"

PAGES = {
    page.key: page
    for page in (
        Page("home", "Nablascope", ":material/home:", "", "What is deep learning made of?"),
        Page(
            "runs",
            "Runs",
            ":material/manage_search:",
            "",
            "What has run here, and where is it?",
        ),
        Page(
            "backpropagation",
            "Backpropagation by hand",
            ":material/calculate:",
            LEARN,
            "How does a network find out in which direction each weight should move?",
        ),
        Page(
            "curves",
            "Curves",
            ":material/ssid_chart:",
            ACTIVATIONS,
            "What do activation functions and their slopes look like?",
        ),
        Page(
            "catalogue",
            "Catalogue",
            ":material/table_rows:",
            ACTIVATIONS,
            "Which functions are smooth, bounded or zero-centred, and who proposed them?",
        ),
        Page(
            "cost",
            "Cost",
            ":material/payments:",
            ACTIVATIONS,
            "What does a function cost on this machine?",
        ),
        Page(
            "precision",
            "Precision",
            ":material/straighten:",
            ACTIVATIONS,
            "How accurate is a function in 16 and in 8 bits?",
        ),
        Page(
            "surfaces",
            "Surfaces",
            ":material/landscape:",
            ACTIVATIONS,
            "What can a neuron draw over two inputs, and what a small network?",
        ),
        Page(
            "gated_units",
            "Gated units and softmax",
            ":material/door_sliding:",
            ACTIVATIONS,
            "How does a gate let a signal pass, and what does softmax's temperature do?",
        ),
        Page(
            "train",
            "Train",
            ":material/play_circle:",
            NETWORKS,
            "What does a network learn from epoch to epoch?",
        ),
        Page(
            "compare",
            "Compare",
            ":material/stacked_line_chart:",
            NETWORKS,
            "Is one setting better than another, or was it luck?",
        ),
        Page("layers", "Layers", ":material/stacks:", NETWORKS, "What does each layer cost?"),
        Page(
            "side_by_side",
            "Side by side",
            ":material/view_column:",
            NETWORKS,
            "In what do several trainings differ, and which is first at the target?",
        ),
        Page(
            "overview",
            "The overview, tested",
            ":material/fact_check:",
            EXPERIMENTS,
            "Which sentences of the text-books are true, and when?",
        ),
        Page(
            "signal_propagation",
            "Signal propagation",
            ":material/layers:",
            EXPERIMENTS,
            "Why does a gradient vanish, or explode, in a deep network?",
        ),
        Page(
            "linear_collapse",
            "Linear collapse",
            ":material/filter_none:",
            EXPERIMENTS,
            "What is left of a network without an activation function?",
        ),
        Page(
            "dying_units",
            "Dying units",
            ":material/heart_broken:",
            EXPERIMENTS,
            "When does a unit die, and does it ever come back?",
        ),
        Page(
            "pre_activations",
            "Pre-activations",
            ":material/query_stats:",
            EXPERIMENTS,
            "On which part of its function does a network work while it learns?",
        ),
        Page(
            "quick_check",
            "Quick check",
            ":material/verified:",
            MACHINE,
            "Is this machine as fast as it should be, and from which size does its GPU pay?",
        ),
        Page(
            "monitor",
            "Live monitor",
            ":material/monitor_heart:",
            MACHINE,
            "What do the processor, the memory and every GPU do now, and did in the last hour?",
        ),
        Page(
            "benchmark",
            "Benchmark",
            ":material/speed:",
            MACHINE,
            "How fast is each operation on this machine, and what limits it?",
        ),
        Page(
            "stress",
            "Stress test",
            ":material/local_fire_department:",
            MACHINE,
            "Does this machine keep its speed and its results when it works for minutes?",
        ),
        Page(
            "frameworks",
            "Frameworks",
            ":material/compare_arrows:",
            MACHINE,
            "Which framework does the same work fastest here, and do all come to the same?",
        ),
    )
}
