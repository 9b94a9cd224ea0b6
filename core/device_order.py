"""How CUDA numbers the GPUs of this process and of those that it starts."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

VARIABLE = "CUDA_DEVICE_ORDER"


def number_by_bus(environment: MutableMapping[str, str] = os.environ) -> None:
    """Number GPUs by their place on the bus, as their driver does, unless another order is set.

    CUDA's own default is the fastest first. It looks once, so this counts only before torch is imported.
    """
    environment.setdefault(VARIABLE, "PCI_BUS_ID")
