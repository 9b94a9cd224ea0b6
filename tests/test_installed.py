"""A built copy holds all that the checkout has, and works where there is no checkout."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.installed_copy import BIN, build_from, check_installed, run

ROOT = Path(__file__).resolve().parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source archive, of what git knows of the checkout."""
    folder = tmp_path_factory.mktemp("built")
    build_from(ROOT, folder / "checkout", folder / "dist")
    return folder


def test_the_wheel_and_the_source_archive_hold_every_file_of_the_product(built: Path) -> None:
    checkout = built / "checkout"
    ours = {
        path.relative_to(checkout).as_posix()
        for room in ("core", "dashboard")
        for path in (checkout / room).rglob("*")
        if path.is_file() and path.suffix != ".md"
    }
    (wheel,) = (built / "dist").glob("*.whl")
    assert wheel.name == f"nablascope-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as opened:
        in_wheel = {*opened.namelist()}
    assert sorted(ours - in_wheel) == []
    assert {name.split("/")[0] for name in in_wheel} == {
        "core",
        "dashboard",
        f"nablascope-{VERSION}.dist-info",
    }
    (archive,) = (built / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as opened_archive:
        in_archive = {name.partition("/")[2] for name in opened_archive.getnames()}
    assert sorted(ours - in_archive) == []


@pytest.mark.parametrize("kind", ["*.whl", "*.tar.gz"])
def test_a_built_copy_works_outside_of_the_checkout(
    kind: str, built: Path, tmp_path: Path, browser: Browser
) -> None:
    (file,) = (built / "dist").glob(kind)
    if kind == "*.tar.gz":
        make = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
        subprocess.run([sys.executable, *make, "--wheel-dir", tmp_path, file], check=True)
        (file,) = tmp_path.glob("*.whl")
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    # The packages that it needs are those of this environment: torch need not be there twice.
    purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    theirs = Path(run(environment, tmp_path, "python", "-c", purelib).strip())
    (theirs / "needed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    install = ["python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    run(environment, tmp_path, *install, str(file))
    assert (environment / BIN / "nablascope").exists()
    check_installed(environment, tmp_path / "elsewhere", VERSION, browser if kind == "*.whl" else None)
