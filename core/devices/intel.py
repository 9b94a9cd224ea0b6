"""Intel's GPUs, read from what Linux' drivers i915 and xe show in /sys.

Sources: Documentation/ABI/testing/sysfs-driver-intel-i915-hwmon, -xe-hwmon, -xe-gtidle and
https://docs.kernel.org/gpu/xe/xe_gt_freq.html ; an empty limit is written as 0.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from core.devices import asking
from core.devices.asking import Ask
from core.devices.plausible import believed
from core.devices.reading import Reading

CARDS = Path("/sys/class/drm")
_INTEL = "0x8086"

# Below a card's folder; the first of each that is there counts: xe's, then i915's, newer and older.
_CLOCK = ("device/tile0/gt0/freq0/act_freq", "gt/gt0/rps_act_freq_mhz", "gt_act_freq_mhz")
_MAX_CLOCK = ("device/tile0/gt0/freq0/max_freq", "gt/gt0/rps_max_freq_mhz", "gt_max_freq_mhz")
_SENSORS = "device/hwmon/hwmon*"
_ENERGY = (f"{_SENSORS}/energy1_input", f"{_SENSORS}/energy2_input")  # of the card, else of the package
_POWER_LIMIT = (f"{_SENSORS}/power1_max", f"{_SENSORS}/power2_max")
_TEMPERATURE = (f"{_SENSORS}/temp2_input", f"{_SENSORS}/temp1_input")
# By GT/s of the link.
_GENERATIONS = {2.5: 1, 5.0: 2, 8.0: 3, 16.0: 4, 32.0: 5, 64.0: 6}


def monitored(cards: Path = CARDS) -> dict[str, Reading]:
    """All that may change from second to second, of the one Intel GPU here."""
    return asking.read(partial(_card, cards), _READINGS)


def health(cards: Path = CARDS) -> dict[str, Reading]:
    """What changes rarely or never."""
    return asking.read(partial(_card, cards), _HEALTH)


def _card(cards: Path) -> Path:
    """The folder of the only Intel GPU; raises LookupError where it is not known which one is meant."""
    if platform.system() != "Linux":
        raise LookupError(f"Intel GPUs are not read on {platform.system()}")
    found = [card for card in sorted(cards.glob("card[0-9]*")) if _text(card / "device/vendor") == _INTEL]
    found = [card for card in found if card.name.removeprefix("card").isdigit()]  # the others are screens
    if len(found) != 1:
        raise LookupError(f"it is not known which of {len(found)} Intel GPUs this is" if found else _NO_CARD)
    return found[0]


_NO_CARD = "Linux' drivers i915 and xe show no Intel GPU"


def _number(paths: tuple[str, ...], of: str, scale: float, card: Path) -> float:
    """The first file that is there and is a number."""
    for pattern in paths:
        for path in sorted(card.glob(pattern)):
            if (text := _text(path)).isdigit():
                return believed(of, int(text), scale)
    raise LookupError("the driver does not show it for this GPU")


def _generation(name: str, card: Path) -> float:
    speed = _text(card / "device" / name).partition(" ")[0]  # such as "16.0 GT/s PCIe"
    try:
        return believed("link", _GENERATIONS.get(float(speed)))
    except ValueError:
        raise LookupError("the system does not show it") from None


def _unknown(why: str) -> Callable[[Path], float]:
    def ask(_card: Path) -> float:
        raise LookupError(why)

    return ask


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


_READINGS: Mapping[str, Ask] = {
    "utilisation": ("%", _unknown("the driver counts it for each program alone")),
    "clock": ("MHz", partial(_number, _CLOCK, "clock", 1.0)),
    "temperature": ("°C", partial(_number, _TEMPERATURE, "temperature", 1e-3)),
    "energy": ("J", partial(_number, _ENERGY, "energy", 1e-6)),
    "power_limit": ("W", partial(_number, _POWER_LIMIT, "power_limit", 1e-6)),
    "memory_free": ("B", _unknown("the driver shows it to administrators alone")),
    "pcie_generation": ("", partial(_generation, "current_link_speed")),
    "pcie_width": ("", partial(_number, ("device/current_link_width",), "link", 1.0)),
}
_HEALTH: Mapping[str, Ask] = {
    "max_clock": ("MHz", partial(_number, _MAX_CLOCK, "clock", 1.0)),
    "max_pcie_generation": ("", partial(_generation, "max_link_speed")),
    "max_pcie_width": ("", partial(_number, ("device/max_link_width",), "link", 1.0)),
}
