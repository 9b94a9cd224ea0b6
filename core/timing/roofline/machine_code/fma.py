"""What the cores of a CPU can multiply and add at most: nothing but fused multiply-adds, in registers.

No library is asked: a loop of some hundred bytes of machine code runs on each thread. It holds as many
independent sums as there are registers, so that a new instruction starts each clock in every unit, and
touches no memory. A matrix product cannot be faster in float32, and a good one comes near to it.

The encoding: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, sections 2.3 (VEX) and
2.7 (EVEX), and the pages of VFMADD231PS and VBROADCASTSS.
"""

from __future__ import annotations

import ctypes
import platform
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from core.operator_settings import operator_settings, variable

# Independent sums: two units times a latency of four to five clocks need ten; more do no harm.
_SUMS = {"AVX2": 12, "AVX512": 24}
_LANES = {"AVX2": 8, "AVX512": 16}
_FACTOR, _SUMMAND = 14, 15
_TRIAL_TURNS = 10_000
_ROUND_S, _ROUNDS = 0.002, 100

FORBIDDEN_BY = variable("no_machine_code")

_Loop = Callable[[int], None]


@dataclass(frozen=True)
class FmaPeak:
    """What the cores reach together in float32."""

    gflops: float  # an FMA counts as two operations
    threads: int
    instructions: str  # "AVX2" or "AVX512"


class _Round(NamedTuple):
    used_s: float
    began: float
    ended: float


def fma_peak(threads: int) -> FmaPeak | str:
    """Measure it, in some tenths of a second; "unknown, because ..." where that is not possible.

    threads may not be more than the cores that this program may use.
    """
    measured = _measured(threads)
    return f"unknown, because {measured}" if isinstance(measured, str) else measured


def _measured(threads: int) -> FmaPeak | str:
    """The peak, or why it is not known."""
    if operator_settings().no_machine_code:
        return f"the environment variable {FORBIDDEN_BY} forbids machine code"
    instructions = torch.backends.cpu.get_cpu_capability()
    if platform.machine().lower() not in ("x86_64", "amd64") or sys.platform == "win32":
        return "the FMA peak is measured on x86-64 processors under Linux and macOS only"
    if instructions not in _SUMS:
        return f"this processor has no AVX2 or AVX-512 (torch finds {instructions})"
    try:
        memory, loop = _loaded(_code(instructions == "AVX512", _SUMS[instructions]))
    except (OSError, ImportError, AttributeError) as error:
        return f"the system does not let a program run code that it wrote itself ({error})"
    turns = int(_turns_per_s(loop, _TRIAL_TURNS, 1, rounds=3) * _ROUND_S)
    rate = _turns_per_s(loop, turns, threads, _ROUNDS)
    del memory  # the code must live as long as the loop runs
    return FmaPeak(rate * 2 * _SUMS[instructions] * _LANES[instructions] / 1e9, threads, instructions)


def _turns_per_s(loop: _Loop, turns: int, threads: int, rounds: int) -> float:
    """Turns that so many threads make together in a second; ctypes lets them run side by side.

    A round is timed in its thread's own processor time, which stands still while another program has the
    core. Only rounds during which all threads were at work count, and of each thread's the fastest.
    """
    together = threading.Barrier(threads)
    done: list[list[_Round]] = [[] for _ in range(threads)]

    def run(own: list[_Round]) -> None:
        together.wait()
        for _ in range(rounds):
            began, used_s = time.perf_counter(), time.thread_time()
            loop(turns)
            own.append(_Round(time.thread_time() - used_s, began, time.perf_counter()))

    workers = [threading.Thread(target=run, args=(own,)) for own in done]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    all_began, first_ended = max(own[0].began for own in done), min(own[-1].ended for own in done)
    shared = [[one for one in own if one.ended > all_began and one.began < first_ended] for own in done]
    return sum(turns / min(one.used_s for one in own) for own in shared if own)


def _loaded(code: bytes) -> tuple[Any, _Loop]:
    """The code in memory that may be run, and as a function of the number of turns.

    Raises OSError, ImportError or AttributeError where there is no such memory.
    """
    import mmap  # some systems have none

    if sys.platform == "win32":
        raise OSError("Windows' calls for such memory are not made here")
    memory = mmap.mmap(-1, len(code), prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    function = ctypes.CFUNCTYPE(None, ctypes.c_uint64, ctypes.c_void_p)(address)
    # Each sum grows by a quarter until float32 no longer feels it: neither zero nor denormal nor infinite.
    numbers = (ctypes.c_float * 2)(0.5, 0.5)
    return memory, lambda turns: function(turns, ctypes.addressof(numbers))


def _code(wide: bool, sums: int) -> bytes:
    """void loop(uint64_t turns, const float numbers[2]), System V calling convention: rdi, rsi."""
    instruction = _evex if wide else _vex
    load = b"".join(
        # The second number lies 4 bytes on; EVEX counts such a displacement in elements.
        instruction(0x18, register, 0) + bytes([0x46 | (register & 7) << 3, step])
        for register, step in ((_FACTOR, 0), (_SUMMAND, 1 if wide else 4))
    )
    accumulators = [register for register in range(32 if wide else 16) if register not in (_FACTOR, _SUMMAND)]
    body = b"".join(_fma(wide, register) for register in accumulators[:sums])
    body += b"\x48\xff\xcf"  # dec rdi
    back = -(len(body) + 6)
    return load + body + b"\x0f\x85" + back.to_bytes(4, "little", signed=True) + b"\xc5\xf8\x77\xc3"


def _fma(wide: bool, register: int) -> bytes:
    """register = factor * summand + register."""
    prefix = (_evex if wide else _vex)(0xB8, register, _FACTOR, _SUMMAND)
    return prefix + bytes([0xC0 | (register & 7) << 3 | _SUMMAND & 7])


def _vex(opcode: int, register: int, second: int, third: int = 0) -> bytes:
    """Three-byte VEX prefix of a 256-bit instruction of map 0F38 with prefix 66, and its opcode."""
    high = (0 if register & 8 else 0x80) | 0x40 | (0 if third & 8 else 0x20) | 2
    return bytes([0xC4, high, (~second & 15) << 3 | 5, opcode])


def _evex(opcode: int, register: int, second: int, third: int = 0) -> bytes:
    """EVEX prefix of a 512-bit instruction of map 0F38 with prefix 66, and its opcode."""
    high = (0 if register & 8 else 0x80) | (0 if third & 16 else 0x40) | (0 if third & 8 else 0x20)
    high |= (0 if register & 16 else 0x10) | 2
    return bytes([0x62, high, (~second & 15) << 3 | 5, 0x40 | (0 if second & 16 else 8), opcode])
