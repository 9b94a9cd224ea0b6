"""Which cards a process is to find: plain data that it gets in its environment. Imports no torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace

VARIABLE = "SIMULATED_GPU"


@dataclass(frozen=True)
class Card:
    """One simulated card; the figures are those of no card in particular."""

    name: str = "Stub H100"  # as the simulated driver calls it
    uuid: str = "aaaa0000-1111-2222-3333-444455556666"  # as torch tells it, without "GPU-"
    capability: tuple[int, int] = (9, 0)
    memory_bytes: int = 16 << 30
    l2_bytes: int = 4 << 20
    launch_s: float = 4e-6  # what a launch takes the program
    least_kernel_s: float = 2e-6  # no kernel is shorter
    bytes_a_second: float = 1e12
    operations_a_second: float = 50e12
    link_bytes_a_second: float = 20e9  # between main memory and the card
    fails: dict[str, str] = field(default_factory=dict)  # operator ("aten::mm", or "*" for all) -> message


@dataclass(frozen=True)
class Machine:
    """What a process is to find."""

    cards: tuple[Card, ...] = (Card(),)
    kind: str = "cuda"  # or "mps", which has no float64
    hip: str | None = None  # the version of ROCm of a build for AMD's cards
    driver: tuple[str, ...] | None = ()  # switches of the simulated driver; None for no driver at all
    environment: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """For the environment variable SIMULATED_GPU."""
        return json.dumps(asdict(self))


def machine_of(text: str) -> Machine:
    """What text() made."""
    record = json.loads(text)
    cards = tuple(Card(**{**card, "capability": tuple(card["capability"])}) for card in record.pop("cards"))
    driver = record.pop("driver")
    return Machine(cards, driver=None if driver is None else tuple(driver), **record)


# The simulated driver has two cards; CUDA_VISIBLE_DEVICES hides the second.
ONE = Machine(environment={"CUDA_VISIBLE_DEVICES": "0"})
SECOND = Card(
    name="Stub T4",
    uuid="bbbb0000-1111-2222-3333-444455556666",
    capability=(7, 5),
    l2_bytes=2 << 20,
    bytes_a_second=0.3e12,
    operations_a_second=8e12,
)
TWO_UNLIKE = Machine((Card(), SECOND))
# Kernels that take milliseconds: so many seconds of measuring are few calls to compute.
_SLOW = Card(
    launch_s=30e-6,
    least_kernel_s=2e-3,
    bytes_a_second=1e9,
    operations_a_second=5e9,
    memory_bytes=512 << 20,  # so that what is drawn to fill it is soon drawn
)
TWO_SLOW = Machine((_SLOW, replace(SECOND, launch_s=30e-6, least_kernel_s=5e-3, bytes_a_second=0.3e9)))
OLD_DRIVER = Machine((_SLOW,), driver=("-DOLD",), environment={"CUDA_VISIBLE_DEVICES": "0"})
SLOW = Machine((_SLOW,), environment={"CUDA_VISIBLE_DEVICES": "0"})
APPLE = Machine((replace(_SLOW, name="Apple M3"),), kind="mps", driver=None)
_SLICE = "aaaa0000-1111-2222-3333-5555000000a1"
MIG = Machine((replace(_SLOW, uuid=_SLICE),), environment={"CUDA_VISIBLE_DEVICES": f"MIG-{_SLICE}"})
ROCM = Machine((replace(_SLOW, name="AMD Instinct MI300X", capability=(9, 4)),), hip="6.4.43482", driver=None)
# Of the result that the dashboard shows where there is no GPU; as fast as a card of the middle.
DEMONSTRATION = Machine(
    (
        Card(
            name="Simulated GPU",
            launch_s=5e-6,
            least_kernel_s=3e-6,
            bytes_a_second=0.5e12,
            operations_a_second=10e12,
            link_bytes_a_second=12e9,
        ),
    ),
    driver=('-DFIRST_NAME="Simulated GPU"',),
    environment={"CUDA_VISIBLE_DEVICES": "0"},
)
