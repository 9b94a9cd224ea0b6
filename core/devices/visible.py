"""Which of a driver's GPUs CUDA shows to a program, and under which numbers.

Source: CUDA C++ Programming Guide, "CUDA Environment Variables".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

VISIBLE = "CUDA_VISIBLE_DEVICES"


def slice_named(environment: Mapping[str, str]) -> str | None:
    """The slice of a GPU (MIG) that CUDA_VISIBLE_DEVICES names; CUDA shows no more than this one."""
    first = environment.get(VISIBLE, "").split(",")[0].strip()
    return first if first.startswith("MIG-") else None


def cuda_order(uuids: Sequence[str], environment: Mapping[str, str]) -> list[int]:
    """Which of NVML's GPUs CUDA shows as 0, 1, ..., as indices into uuids.

    CUDA_VISIBLE_DEVICES lists indices or the beginnings of UUIDs; the first entry that names nothing ends the
    list, and an entry given twice empties it. Indices count in NVML's order only for CUDA_DEVICE_ORDER=
    PCI_BUS_ID or like GPUs; a process that has a CUDA context knows each UUID and can read by that.
    """
    visible = environment.get(VISIBLE)
    if visible is None:
        return list(range(len(uuids)))
    order: list[int] = []
    for entry in (part.strip() for part in visible.split(",")):
        if entry.isdecimal() and entry.isascii():
            matches = [int(entry)] if int(entry) < len(uuids) else []
        else:
            matches = [index for index, uuid in enumerate(uuids) if entry and uuid.startswith(entry)]
        if len(matches) != 1:
            break
        order += matches
    return order if len(set(order)) == len(order) else []
