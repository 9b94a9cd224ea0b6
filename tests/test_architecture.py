"""The rules that keep the rooms apart, checked on the source itself."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_FILES = 22

# Each room and those directly below it. A file may import from its own room, from these, and from all that
# lie below them. A file has a line of its own where its room has an order inside; each other file belongs to
# the deepest room that holds it. Command lines (`__main__.py`) are above everything in core.
ARROWS: dict[str, tuple[str, ...]] = {
    "core": (),
    "core/devices": ("core",),
    "core/cluster": ("core",),
    "core/login": ("core",),
    "core/runs/hosting": ("core/login",),
    "core/monitor": ("core/devices",),
    "core/torch_devices.py": ("core/devices",),
    "core/activations": ("core/torch_devices.py",),
    "core/data": ("core/activations",),
    "core/models": ("core/data",),
    # Training
    "core/training/snapshots/catalogue.py": ("core/models",),
    "core/training/snapshots/upgrade.py": ("core/training/snapshots/catalogue.py",),
    "core/training": ("core/training/snapshots/upgrade.py",),
    "core/training/learners": ("core/training",),
    "core/training/compiled": ("core/training/learners",),
    "core/training/learners/registry.py": ("core/training/compiled",),
    "core/training/snapshots": ("core/training/compiled",),
    "core/training/checkpoint.py": ("core/training/learners",),
    "core/training/film": ("core/training/learners",),
    "core/training/loop.py": (
        *("core/training/snapshots", "core/training/learners/registry.py", "core/training/checkpoint.py"),
        "core/training/film",
    ),
    "core/training/film/redrawing.py": ("core/training/snapshots", "core/training/learners/registry.py"),
    "core/training/ensembles": ("core/training/loop.py", "core/cluster"),
    "core/layers": ("core/training/learners/registry.py",),
    # Timing
    "core/timing/results/events.py": ("core/torch_devices.py",),
    "core/timing/workloads/dtypes.py": ("core/torch_devices.py",),
    "core/timing/sweeps/events.py": ("core/timing/results/events.py",),
    "core/timing/roofline/events.py": ("core/timing/results/events.py",),
    "core/timing/activation_cost/events.py": ("core/timing/results/events.py",),
    "core/timing/frameworks/events.py": ("core",),
    "core/timing/quick_check/events.py": ("core/timing/results/events.py",),
    "core/timing/stress/events.py": ("core/timing/results/events.py",),
    "core/timing/collectives/events.py": ("core/timing/results/events.py",),
    "core/timing/self_comparison/events.py": ("core/timing/results/events.py",),
    "core/timing/together/events.py": ("core/timing/results/events.py",),
    "core/timing/nodes/events.py": ("core",),
    "core/timing/results": (
        *("core/timing/sweeps/events.py", "core/timing/roofline/events.py"),
        *("core/timing/quick_check/events.py", "core/timing/stress/events.py"),
        *("core/timing/collectives/events.py", "core/timing/together/events.py"),
        *("core/timing/nodes/events.py", "core/cluster"),
        *("core/timing/frameworks/events.py", "core/timing/self_comparison/events.py"),
        *("core/timing/activation_cost/events.py", "core/timing/workloads/dtypes.py"),
    ),
    "core/timing/workloads": ("core/models", "core/timing/workloads/dtypes.py"),
    "core/timing/measure": (
        *("core/timing/workloads", "core/timing/results", "core/timing/measure/calls.py"),
    ),
    "core/timing/roofline": ("core/timing/measure",),
    "core/timing/sweeps": ("core/timing/roofline",),
    "core/timing/activation_cost": ("core/timing/sweeps",),
    # What runs in a framework's own environment: nothing but these and NumPy
    "core/timing/measure/calls.py": ("core",),
    "core/timing/frameworks/work": ("core",),
    "core/timing/frameworks/libraries": ("core/timing/frameworks/work",),
    "core/timing/frameworks/child": ("core/timing/frameworks/work", "core/timing/measure/calls.py"),
    "core/timing/frameworks": (
        *("core/timing/measure", "core/timing/frameworks/libraries", "core/timing/frameworks/events.py"),
        "core/timing/frameworks/child",
    ),
    "core/timing/nodes": ("core/timing/sweeps", "core/cluster"),
    "core/timing/quick_check": ("core/timing/sweeps",),
    "core/timing/self_comparison": ("core/timing/measure",),
    "core/timing/stress": ("core/timing/measure",),
    "core/timing/collectives": ("core/timing/measure",),
    "core/timing/together": ("core/timing/stress",),
    # Above both
    "core/experiments": ("core/training/ensembles", "core/timing/activation_cost"),
    "core/experiments/statements": ("core/experiments", "core/layers"),
    "core/experiments/overview": ("core/experiments/statements",),
    "core/runs/faults": ("core",),
    "core/runs/databases": ("core/runs/faults",),
    "core/page_figures": ("core/experiments",),
    "core/runs": (
        "core/runs/databases",
        *("core/experiments/overview", "core/training/film/redrawing.py"),
        *("core/timing/quick_check", "core/timing/together", "core/timing/collectives"),
        *("core/timing/frameworks", "core/timing/self_comparison"),
        "core/runs/hosting",
    ),
    "core/backup": ("core/runs",),
    "core/export/templates": (),  # what runs where nothing of ours is
    "core/export": ("core/runs", "core/export/templates"),
    "core/landscape": ("core/export",),
    "core/jobs.py": ("core/landscape", "core/layers", "core/timing/frameworks", "core/page_figures"),
    "core/runs/worker.py": ("core/jobs.py",),
    "core/runs/runners": ("core/jobs.py",),
    "core/runs/runners/ray_task.py": ("core/runs/runners", "core/runs/worker.py"),
    "core/runs/runners/ray_driver.py": ("core/runs/runners/ray_task.py",),
    "core/commands": (
        *("core/runs/worker.py", "core/runs/runners", "core/monitor", "core/timing/nodes", "core/backup"),
    ),
    "__main__.py": ("core/commands",),
    # The dashboard
    "dashboard/pages.py": (),
    "dashboard/charts": ("core/jobs.py",),
    "dashboard/live": ("core/runs", "core/monitor", "dashboard/charts"),
    "dashboard/components": (
        *("dashboard/charts", "dashboard/pages.py", "core/runs/runners", "core/monitor"),
        "dashboard/live",
    ),
    "dashboard/film": ("dashboard/components",),
    "dashboard/machine": ("dashboard/film",),
    "dashboard/login": ("dashboard/film",),
    "dashboard/server": ("core/runs/runners", "dashboard/pages.py"),
    "dashboard/operating": ("dashboard/components", "dashboard/server"),
    "dashboard/training": ("dashboard/components",),
    "dashboard/run_list": ("dashboard/training", "dashboard/film"),
    "dashboard/statements": ("dashboard/components",),
    "dashboard/benchmark": ("dashboard/components",),
    "dashboard/views": (
        *("dashboard/training", "dashboard/film", "dashboard/run_list"),
        *("dashboard/statements", "dashboard/machine", "dashboard/benchmark"),
    ),
    "dashboard": ("dashboard/views", "dashboard/server", "dashboard/login", "dashboard/operating"),
}

# Programs: what may parse arguments, print and exit. A template becomes a script of its own.
EDGES = (
    *("core/commands/", "core/runs/worker.py", "__main__.py"),
    *("core/runs/runners/ray_driver.py", "core/runs/runners/ray_task.py"),
    *("core/export/template.py", "core/export/predict_template.py"),
    "core/export/templates/",
)

# What is installed, and the only files and folders that may import it.
ALLOWED_IN = {
    "streamlit": ("dashboard/",),
    "altair": ("dashboard/",),
    "pynvml": ("core/devices/nvidia.py",),
    "ray": ("core/cluster/connection.py",),
    "sqlite3": ("core/runs/databases/", "core/runs/faults/", "core/backup/"),
    "psycopg": ("core/runs/databases/",),
    "argparse": EDGES,
    "tests": (),
}
NOT_ALLOWED_IN = {
    "dashboard/charts/": ("streamlit",),
    "dashboard/views/": ("torch", "psutil", "pynvml", "sqlite3", "sqlalchemy", "psycopg"),
}


def sources(folder: str) -> list[Path]:
    """Python files below a folder, the empty ones too."""
    return sorted((ROOT / folder).rglob("*.py"))


SOURCES = [path for folder in ("core", "dashboard") for path in sources(folder)]


def name(path: Path) -> str:
    """How a failure names the file."""
    return path.relative_to(ROOT).as_posix()


def lies_in(path: Path, places: tuple[str, ...]) -> bool:
    """Whether a file is one of these, or in one of these folders."""
    return path.name in places or any(name(path).startswith(place) for place in places)


def imported(tree: ast.AST) -> Iterator[str]:
    """Full names of all that a file imports: also in functions, for types alone, and by LazyModule("...")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno} imports relatively; name the package"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and called(node) in ("LazyModule", "import_module"):
            yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))


def called(node: ast.Call) -> str:
    """The last part of what is called; empty for what has no name."""
    function = node.func
    return getattr(function, "attr", None) or getattr(function, "id", "")


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(), filename=name(path))


def file_of(module: str) -> Path | None:
    """The project's file that a name is imported from: core.data.load lies in core/data/__init__.py."""
    parts = module.split(".")
    if parts[0] not in ("core", "dashboard"):
        return None
    for length in range(len(parts), 0, -1):
        stem = ROOT.joinpath(*parts[:length])
        for path in (stem.with_suffix(".py"), stem / "__init__.py"):
            if path.exists():
                return path
    return None


def room_of(path: Path) -> str | None:
    """The table's entry that a file belongs to."""
    if path.name == "__main__.py":
        return "__main__.py"
    places = [name(path), *(parent.as_posix() for parent in path.relative_to(ROOT).parents)]
    return next((place for place in places if place in ARROWS), None)


@cache
def graph() -> networkx.DiGraph:
    """An arrow from each file to each that it imports."""
    arrows = networkx.DiGraph()
    arrows.add_nodes_from(SOURCES)
    for path in SOURCES:
        targets = {file_of(module) for module in imported(tree(path))} - {None, path}
        arrows.add_edges_from((path, target) for target in targets)
    return arrows


ROOMS = networkx.DiGraph(ARROWS)


def test_the_table_itself_runs_one_way_and_names_what_is_there() -> None:
    assert set(ROOMS) == set(ARROWS)
    assert networkx.is_directed_acyclic_graph(ROOMS)
    assert [place for place in ARROWS if place != "__main__.py" and not (ROOT / place).exists()] == []


def test_rooms_import_from_rooms_below_them_alone() -> None:
    wrong = []
    for path, target in graph().edges:
        room, other = room_of(path), room_of(target)
        if room != other and not networkx.has_path(ROOMS, room, other):
            wrong.append(f"{name(path)} ({room}) imports {name(target)} ({other})")
    assert wrong == []


def test_no_files_import_each_other_in_a_circle() -> None:
    circles = [found for found in networkx.strongly_connected_components(graph()) if len(found) > 1]
    assert [sorted(map(name, circle)) for circle in circles] == []


def test_every_file_has_a_room() -> None:
    assert [name(path) for path in SOURCES if room_of(path) is None] == []


def test_no_room_holds_more_files_than_a_reader_takes_in() -> None:
    held = Counter(name(path.parent) for path in SOURCES if path.name != "__init__.py")
    assert {room: files for room, files in held.items() if files > MAX_FILES} == {}


@pytest.mark.parametrize("package", ALLOWED_IN)
def test_a_package_is_imported_where_it_may_be(package: str) -> None:
    found = {
        name(path) for path in SOURCES if package in tops(path) and not lies_in(path, ALLOWED_IN[package])
    }
    assert found == set()


@pytest.mark.parametrize("place", NOT_ALLOWED_IN)
def test_a_room_does_without_what_it_must_not_import(place: str) -> None:
    found = {
        f"{name(path)} imports {package}"
        for path in sources(place)
        for package in tops(path) & set(NOT_ALLOWED_IN[place])
    }
    assert found == set()


@cache
def tops(path: Path) -> set[str]:
    """Top packages that a file imports."""
    return {module.split(".")[0] for module in imported(tree(path))}


def test_only_edges_print_and_exit() -> None:
    inner = [path for path in SOURCES if not lies_in(path, EDGES)]
    found = [f"{name(path)}:{line} calls {call}" for path in inner for line, call in prints_and_exits(path)]
    assert found == []


def prints_and_exits(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name of each call that only a program may make."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            if call in ("print", "exit", "quit", "sys.exit", "os._exit"):
                yield node.lineno, call


def test_no_file_of_the_dashboard_hides_a_standard_module() -> None:
    # The folder of the entry script comes first on sys.path, so dashboard/json.py would be everybody's json.
    entries = {path.stem for path in (ROOT / "dashboard").iterdir()}
    assert entries & sys.stdlib_module_names == set()


HEAVY = ("torch", "numpy", "sklearn", "pandas", "scipy", "sympy", "mlxtend", "streamlit", "altair")

# What is read and asked without loading any of HEAVY, in this order in one process.
LIGHT = (
    "import core.errors, core.checks, core.options, core.lazy",
    "import core.devices; core.devices.devices(); core.devices.absent(); core.devices.environment()",
    "import core.monitor.records; core.monitor.records.Poller()",
    "from core.activations import ACTIVATIONS; ACTIVATIONS['relu'].name",
    "from core.activations.expressions.expression import expression; expression('x*tanh(exp(x))').unfit",
    "import core.data; core.data.DATASETS['moons'].kind",
    "import core.models; core.models.MODELS['mlp'].kinds",
    "from core.training import default_config; default_config('lenet', 'mnist5k')",
    "from core.timing.workloads import WORKLOADS; WORKLOADS['gemm'].flops(8)",
    "from core.timing.sweeps.config import SweepConfig; SweepConfig()",
    "from core.timing.frameworks.environment import look; look()",
    "import core.experiments.registry, core.export.registry",
)

# The same with NumPy alone.
LIGHT_BUT_NUMPY = (
    "import core.activations.curves, core.activations.gated, core.activations.properties",
    "import core.training.events, core.training.ensembles.config, core.training.learners.registry",
    "import core.timing.results.files, core.timing.sweeps.sweep",
    "import core.timing.roofline.job as r; r.RooflineConfig()",
    "import core.timing.frameworks.job as f; f.FrameworksConfig()",
    "import core.timing.activation_cost.job as c; c.CostConfig(('relu',))",
    "import core.export.job, core.jobs, core.runs.store, core.runs.runners.local, core.runs.worker",
)

WATCH = """
import contextlib, io, json, runpy, sys
heavy, found = set(json.loads(sys.argv[1])), {}
def note(step):
    loaded = {name.split(".")[0] for name in sys.modules} & heavy
    heavy.difference_update(loaded)
    if loaded:
        found[step] = sorted(loaded)
"""


def heavy_loaded_by(steps: str, heavy: tuple[str, ...] = HEAVY) -> dict[str, list[str]]:
    """Which step of a program, run in a fresh interpreter, was the first to load which heavy package."""
    program = f"{WATCH}\n{steps}\nprint(json.dumps(found))"
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(heavy)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("steps", [LIGHT, LIGHT_BUT_NUMPY], ids=["with nothing", "with numpy"])
def test_registries_and_configs_load_nothing_heavy(steps: tuple[str, ...]) -> None:
    heavy = tuple(package for package in HEAVY if package != "numpy" or steps is LIGHT)
    assert heavy_loaded_by("\n".join(f"{step}; note({step!r})" for step in steps), heavy) == {}


def test_the_front_page_needs_no_torch() -> None:
    steps = (
        "from streamlit.testing.v1 import AppTest\n"
        "assert not AppTest.from_file('dashboard/main.py', default_timeout=120).run().exception\n"
        "note('Home')"
    )
    assert heavy_loaded_by(steps, ("torch", "sklearn", "scipy")) == {}


# Rooms in which each file is behind an entry of the registry, and the files that are not meant to be.
BEHIND_A_REGISTRY: dict[str, tuple[str, ...]] = {
    "core/data": (),
    "core/export": ("archive.py", "job.py", "report.py"),
    "core/models": ("cells.py", "initialisation.py", "layer_names.py"),
    "core/timing/workloads": ("axes.py", "dtypes.py"),
    "core/training/learners": ("evidence.py",),
}


@pytest.mark.parametrize("room", BEHIND_A_REGISTRY)
def test_every_file_of_a_room_is_behind_its_registry(room: str) -> None:
    registry = ROOT / room / "registry.py"
    reached = networkx.descendants(graph(), registry) | {registry, registry.with_name("__init__.py")}
    apart = {path.name for path in registry.parent.glob("*.py") if path not in reached}
    assert apart == set(BEHIND_A_REGISTRY[room])
