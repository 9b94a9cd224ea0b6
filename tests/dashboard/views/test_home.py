"""The front page."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from core import devices
from dashboard.pages import PAGES
from tests.dashboard.conftest import open_view, view

ROOT = Path(__file__).parents[3]
STUB = ROOT / "tests" / "core" / "devices" / "nvml_stub.c"

PRINT_ALL = """
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("dashboard/main.py", default_timeout=60).run()
assert not page.exception
for element in (*page.markdown, *page.caption, *page.warning):
    print(element.value)
for metric in page.metric:
    print(metric.label, metric.value)
"""


@pytest.fixture(scope="module")
def page() -> AppTest:
    return open_view("../main")


def test_it_opens_without_an_error(page: AppTest) -> None:
    assert not page.exception
    assert page.title[0].value == "Nablascope"


def test_it_names_every_device_and_its_live_figures(page: AppTest) -> None:
    written = " ".join(element.value for element in page.markdown)
    assert all(device.name in written for device in devices.devices())
    assert {"Utilisation", "Memory used"} <= {metric.label for metric in page.metric}


def test_it_leads_to_every_other_page(page: AppTest) -> None:
    assert {link.proto.page for link in page.get("page_link")} == {*PAGES} - {"home"}


def test_it_leads_back_to_the_run_that_this_session_started() -> None:
    page = view("../main")
    page.session_state["started runs"] = {"training": "an-address"}
    links = [link.proto for link in page.run().get("page_link")]
    assert [link.page for link in links if "run=an-address" in link.query_string] == ["train"]


@pytest.mark.skipif(
    any(device.kind != "cpu" for device in devices.devices()), reason="this machine has an accelerator"
)
def test_without_a_gpu_it_says_why(page: AppTest) -> None:
    assert any(devices.absent()["cuda"] in element.value for element in page.caption)


def test_gpus_are_shown_with_what_they_report_and_what_they_do_not(tmp_path: Path) -> None:
    if shutil.which("gcc") is None and os.environ.get("CI") != "true":
        pytest.skip("gcc is not installed, so the stand-in for the NVIDIA library cannot be built")
    library = str(tmp_path / "libnvidia-ml.so.1")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, str(STUB)], check=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CUDA_")}
    printed = subprocess.run(
        [sys.executable, "-c", PRINT_ALL],
        cwd=ROOT,
        env=clean | {"LD_LIBRARY_PATH": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "Stub H100" in printed
    assert "Stub T4" in printed
    assert "80.0 GiB memory · compute capability 9.0 · driver 570.86.15 · CUDA up to 12.8" in printed
    assert "Power 654 W" in printed
    assert "power (Not Supported)" in printed  # the second card's
    assert "No GPU" not in printed
    assert "so PyTorch cannot use it" in printed or torch.version.cuda
