"""Eight lessons of ten minutes through the statements: from a neuron to a network that sees and remembers."""

from __future__ import annotations

from dataclasses import dataclass

from core.experiments.overview.registry import STATEMENTS

MINUTES = 10  # of each


@dataclass(frozen=True)
class Lesson:
    """Statements in an order, and a question that is answered by turning a control."""

    title: str
    aim: str  # what one can say afterwards, in one sentence
    statements: tuple[str, ...]  # their numbers
    question: str
    turn: str  # the number of the statement whose slider answers it
    answer: str


LESSONS: dict[str, Lesson] = {
    "neuron": Lesson(
        title="A neuron and its function",
        aim="What an activation function does to a number, and where it stops reacting.",
        statements=("4", "2"),
        question="How far can the inputs of a sigmoid unit be shifted before it learns noticeably slower?",
        turn="2",
        answer="Within -4 to 4 most of its range is used. A shift beyond that slows plain gradient descent, "
        "and an optimizer that scales each step, such as Adam, hardly at all.",
    ),
    "layers": Lesson(
        title="Why layers need a bend",
        aim="Why layers without an activation function are a single layer, and what one with it can do.",
        statements=("1", "12"),
        question="How far outside its data does a network that fits a sine still follow it?",
        turn="12",
        answer="Hardly at all: inside its data it interpolates, outside nothing holds it.",
    ),
    "depth": Lesson(
        title="Depth and the gradient",
        aim="Why a gradient vanishes or explodes, and which number decides on it.",
        statements=("3a", "3b"),
        question="At which gain does a network of 50 ReLU layers keep the size of its gradient?",
        turn="3b",
        answer="Near the square root of 2: ReLU passes half of the signal, and He's weights make up for it.",
    ),
    "dead_units": Lesson(
        title="Units that die, and a way around",
        aim="When a unit stops learning for good, and how a shortcut lets very deep networks learn.",
        statements=("5", "17"),
        question="From which learning rate on do ReLU units die?",
        turn="5",
        answer="At small rates none do. Where one step can throw a unit past all of the data, more and "
        "more; a Leaky ReLU's slope below 0 brings them back.",
    ),
    "seeing": Lesson(
        title="A network that sees",
        aim="What sharing weights buys, and what kept such networks waiting for twenty years.",
        statements=("6", "15", "13b"),
        question="How far must digits be shifted before a dense network falls behind a convolutional one?",
        turn="6",
        answer="On digits that all stand in the middle they are equal. Sharing weights pays from the first "
        "pixels of shift on.",
    ),
    "remembering": Lesson(
        title="A network that remembers",
        aim="Which gate keeps a memory, and why its bias decides.",
        statements=("7", "8"),
        question="Which forget bias lets an LSTM keep a signal over 100 steps before any training?",
        turn="7",
        answer="With 3 the gate is 95% open and the signal stays; with 0 half of it is lost at each step.",
    ),
    "playing": Lesson(
        title="Networks that dream, and rivals",
        aim="What a network can do without answers, and when an older method is better.",
        statements=("18", "13a"),
        question="On which data do classical methods win, and on which a network?",
        turn="13a",
        answer="On small tables the classical methods win or draw. On images that are shifted, a "
        "convolutional network does.",
    ),
    "machine": Lesson(
        title="The machine below",
        aim="What a network does with a processor, and when a GPU pays.",
        statements=("11", "10", "9", "14", "16"),
        question="How large must a network be before most of its time is matrix arithmetic?",
        turn="11",
        answer="In a network of a few units most of the time goes into starting operations. The share of "
        "matrix products grows with the width.",
    ),
}


def statements_of(lesson: Lesson) -> tuple[str, ...]:
    """The keys of its statements, in its order."""
    by_number = {entry.number: key for key, entry in STATEMENTS.items()}
    return tuple(by_number[number] for number in lesson.statements)
