"""The Benchmark page starts a run, shows its figures, and answers the impossible in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import devices
from core.events import event_record
from core.records import to_record
from core.runs.status import FINISHED
from core.timing.results.conclusions import conclusions
from core.timing.results.events import SCHEMA, EnvironmentRead, RoofMeasured
from core.timing.results.files import read
from core.timing.results.labels import environment_line
from core.timing.results.table import environment_of, measurements, to_json
from core.timing.results.verdicts import SAME, SLOWER, UNSURE, compare_results
from core.timing.self_comparison.config import SelfComparisonConfig
from core.timing.self_comparison.events import SelfCompared
from core.timing.self_comparison.job import counted
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.suites import SuiteConfig
from core.timing.sweeps.with_roofline import estimate_suite
from core.timing.workloads import WORKLOADS
from dashboard.benchmark import controls
from dashboard.components import runs
from dashboard.components.markdown import escaped
from tests.core.devices.stand_ins import card, run, torch_package
from tests.waiting import wait_until

RESULTS = Path(__file__).parents[2] / "core" / "timing" / "results" / "stored"


@pytest.fixture(autouse=True)
def _short_points(monkeypatch: pytest.MonkeyPatch) -> None:
    """A point is measured for less long, with all that is measured of it."""
    monkeypatch.setattr(controls, "POINT_SECONDS", 0.3)


def test_a_machine_without_a_gpu_says_so_and_why(page: AppTest) -> None:
    page.run()
    assert not page.exception
    if "cuda" in devices.absent() and len(devices.devices()) == 1:
        assert devices.absent()["cuda"] in page.info[0].value


ON_ROCM = """
import json
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("dashboard/views/benchmark.py", default_timeout=120).run()
shown = {group.key: group.options for group in page.button_group if group.key == "devices"}
print(json.dumps([[element.value for element in page.exception], shown.get("devices", []),
                  [info.value for info in page.info]]))
"""


@pytest.mark.parametrize("cards", [["AMD Instinct MI300X"], []])
def test_a_machine_with_rocm_offers_its_gpus_or_says_why_it_has_none(
    tmp_path: Path, cards: list[str]
) -> None:
    says = json.dumps({"hip": "7.0", "cuda": [card(name) for name in cards], "why": "HIP error 100"})
    path = torch_package(tmp_path, cuda=None, hip="7.0")
    errors, offered, answer = run(ON_ROCM, PYTHONPATH=path, STAND_IN_TORCH=says)
    assert errors == []
    if cards:
        assert any("MI300X" in str(option) for option in offered)
    else:
        assert "No AMD driver" in answer[0] or "finds no AMD GPU that it can use: HIP error 100" in answer[0]


def test_a_choice_that_cannot_be_measured_is_answered_in_words_before_the_start(page: AppTest) -> None:
    page.run()
    page.button_group(key="dtypes").set_value([]).run()
    assert not page.exception
    assert "No dtypes" in page.error[0].value
    assert page.button[0].disabled


def test_an_unknown_run_is_answered_in_words(page: AppTest) -> None:
    page.query_params["run"] = "nothing"
    page.run()
    assert not page.exception
    assert "nothing" in page.warning[0].value


def test_a_click_measures_and_shows_charts_a_table_and_files(page: AppTest) -> None:
    page.run()
    page.select_slider(key="sizes").set_value((32, 64)).run()
    page.button[0].click().run()

    def ended() -> bool:
        page.run()
        assert not page.exception
        return runs.runner().store.get(page.session_state["started runs"]["timing"]).ended

    wait_until(ended)
    page.run()
    assert len(page.get("vega_lite_chart")) >= 4
    figures = page.dataframe[0].value
    assert set(figures["size"]) == {32, 64}
    assert (figures["gflops"] > 0).all()
    assert {metric.label for metric in page.metric} == {"Best float32", "Best bfloat16"}
    recorded = [
        one for _, one in runs.runner().store.events_after(page.session_state["started runs"]["timing"])
    ]
    assert "\n".join(f"- {escaped(one)}" for one in conclusions(recorded)) in {
        one.value for one in page.markdown
    }
    assert len(page.get("download_button")) == 2


def ended_run(page: AppTest, job: str) -> list[dict[str, Any]]:
    """The records of the run that the page has just started, when it has ended and is drawn."""
    store, run_id = runs.runner().store, page.session_state["started runs"][job]
    wait_until(lambda: store.get(run_id).ended)
    page.run()
    assert not page.exception
    return [record for _, record in store.events_after(run_id)]


def test_a_thorough_sweep_of_any_workload_shows_what_ran_and_what_limits_it(page: AppTest) -> None:
    page.query_params["workload"] = "reduction"
    page.query_params["thorough"] = "true"
    page.run()
    page.select_slider(key="sizes_reduction").set_value((1024, 1024)).run()
    page.button_group(key="dtypes_reduction").set_value(["float32"]).run()
    page.button_group(key="threads").set_value([1]).run()
    assert any("1 point, about" in caption.value for caption in page.caption)
    page.button[0].click().run()
    (found,) = measurements(ended_run(page, "timing"))
    row = page.dataframe[0].value.iloc[0]
    assert (row["precision"], row["limit"]) == (found["precision"], found["limit"])
    assert row["precision"] == "float32"
    assert row["cold_us"] == 1e6 * found["cold_median_s"]
    assert row["of_ceiling"] > 0
    assert row["energy"]  # with its interval, or the reason why there is none


def test_another_workload_offers_its_own_axes_alone(page: AppTest) -> None:
    page.query_params["dtypes"] = "int8"
    page.run()
    assert page.button_group(key="dtypes").value == ["int8"]
    for name in ("softmax", "activation_relu", "resnet18_step"):
        page.selectbox(key="workload").set_value(name).run()
        assert not page.exception
        assert not page.error
        workload = WORKLOADS[name]
        formats = page.button_group(key=f"dtypes_{name}").options
        assert tuple(formats) == workload.dtypes
        steps = [group for group in page.button_group if group.key == f"steps_{name}"]
        assert bool(steps) == (len(workload.steps) > 1)
        smallest, largest = page.select_slider(key=f"sizes_{name}").value
        assert {smallest, largest} <= set(workload.sizes)
        assert not page.button[0].disabled


def test_a_suite_is_started_with_its_axes_and_an_estimate(page: AppTest) -> None:
    page.query_params["measure"] = "suite"
    page.run()
    page.button_group(key="suite_threads").set_value([1]).run()
    expected = estimate_suite(SuiteConfig("quick", threads=(1,)))
    assert any(f"{expected.points} points, about" in caption.value for caption in page.caption)
    page.button[0].click().run()
    run = runs.runner().store.get(page.session_state["started runs"]["suite"])
    assert (run.job, run.config) == ("suite", to_record(SuiteConfig("quick", threads=(1,))))
    assert not page.exception
    runs.runner().request(run.id, "stop")


def test_a_suites_workloads_are_shown_one_at_a_time(page: AppTest) -> None:
    store = runs.runner().store
    run_id = store.create("suite", to_record(SuiteConfig()))
    records = [dict(one) for one in FIRST] + [
        {**one, "workload": "softmax"} for one in FIRST if one["event"] == "measurement_taken"
    ]
    store.write(run_id, [(number, 0.0, record) for number, record in enumerate(records, 1)])
    store.end(run_id, FINISHED)
    page.query_params["measure"], page.query_params["run"] = "suite", run_id
    page.run()
    assert not page.exception
    before = len(page.dataframe[0].value)
    page.button_group(key="shown").set_value("softmax").run()
    assert len(page.dataframe[0].value) == before == len(measurements(FIRST))


def test_who_has_no_gpu_sees_a_simulated_one_that_says_so(page: AppTest) -> None:
    page.run()
    if len(devices.devices()) > 1:
        pytest.skip("there is a GPU here")
    assert page.header[0].value == "What a GPU against a CPU looks like"
    assert "Simulated, not measured" in page.warning[0].value
    assert any("Simulated GPU (simulated)" in one.value and "UTC" in one.value for one in page.caption)
    next(button for button in page.button if button.label == "Open this result").click().run()
    assert not page.exception
    assert page.query_params["result"] in ("simulated_gpu", ["simulated_gpu"])
    assert "Simulated, not measured" in page.warning[0].value
    assert any("crosses 1, 10 and 40" in one.value for one in page.caption)
    assert len(page.get("vega_lite_chart")) >= 4
    page.selectbox(key="against").set_value("file").run()
    page.file_uploader(key="against_file").upload("then.json", to_json(FIRST).encode()).run()
    assert not page.exception


def test_a_file_stands_under_its_own_machine(page: AppTest) -> None:
    page.query_params["measure"] = "result"
    page.run()
    page.file_uploader(key="result_file").upload("far.json", to_json(elsewhere(1.0)).encode()).run()
    (header,) = (one.value for one in page.markdown if "Processor" in one.value)
    assert "Abacus 9" in header
    assert str(devices.environment()["platform"]) not in " ".join(one.value for one in page.markdown)
    assert not any("Simulated" in one.value for one in page.warning)


def test_false_verdicts_of_self_comparisons_are_counted_as_they_come_and_can_be_stopped(
    page: AppTest,
) -> None:
    page.query_params["measure"] = "self_comparison"
    page.run()
    page.select_slider(key="comparisons").set_value(10).run()
    assert any("10 comparisons, at most about" in caption.value for caption in page.caption)
    page.button[0].click().run()
    store, run_id = runs.runner().store, page.session_state["started runs"]["self_comparison"]
    assert store.get(run_id).config == to_record(SelfComparisonConfig(comparisons=10))
    wait_until(lambda: any(one["event"] == "self_compared" for _, one in store.events_after(run_id)))
    page.run()
    assert not page.exception
    assert {metric.label for metric in page.metric} == {"False verdicts", "Unsure", "Noise floor"}
    next(button for button in page.button if button.label == "Stop").click().run()
    wait_until(lambda: store.get(run_id).ended)
    found = [
        SelfCompared(number, "cpu", 1, 1.0, 0.99, 1.01, 0.02, verdict, 0.1)
        for number, verdict in enumerate([SAME, UNSURE, SLOWER, SAME], 1)
    ]
    whole = store.create("self_comparison", to_record(SelfComparisonConfig(comparisons=4)))
    events = [*found, counted("cpu", 1, [one.verdict for one in found])]
    store.write(whole, [(number, 0.0, event_record(one)) for number, one in enumerate(events, 1)])
    store.end(whole, FINISHED)
    page.query_params["run"] = whole
    page.run()
    assert [metric.value for metric in page.metric] == ["1 of 4", "25%", "2.0%"]
    (said,) = (one.value for one in page.warning if "self-comparisons" in one.value)
    assert "1 false verdict of 4 self-comparisons on cpu, 1 thread; 1 of them UNSURE (25%)" in said


def test_other_data_is_set_against_random_data(page: AppTest) -> None:
    page.run()
    page.select_slider(key="sizes").set_value((32, 32)).run()
    page.button_group(key="dtypes").set_value(["float32"]).run()
    page.button_group(key="threads").set_value([1]).run()
    page.button_group(key="data").set_value(["random", "zeros"]).run()
    page.button[0].click().run()
    wait_until(lambda: runs.runner().store.get(page.session_state["started runs"]["timing"]).ended)
    page.run()
    assert not page.exception
    assert any("would mislead by so much" in caption.value for caption in page.caption)


@pytest.mark.parametrize("path", sorted(RESULTS.iterdir()), ids=lambda path: path.name)
def test_a_result_file_of_any_version_opens_again(page: AppTest, path: Path) -> None:
    page.query_params["measure"] = "result"
    page.run()
    page.file_uploader(key="result_file").upload(path.name, path.read_bytes(), "application/json").run()
    assert not page.exception
    assert not page.error
    assert page.header[0].value == escaped(path.name)
    assert len(page.get("vega_lite_chart")) >= 3
    shown = page.dataframe[0].value
    first = measurements(read(path))[0]
    assert (shown["median_us"] == 1e6 * first["median_s"]).any()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[1, 2", b'{"schema": 99, "events": []}'])
def test_a_file_that_is_no_result_is_answered_in_words(page: AppTest, content: bytes) -> None:
    page.query_params["measure"] = "result"
    page.run()
    page.file_uploader(key="result_file").upload("odd.json", content, "application/json").run()
    assert not page.exception
    assert page.error[0].value.startswith("odd.json")


def taken(device: str, size: int, median_s: float) -> dict[str, Any]:
    """A product's record, as a sweep writes it."""
    return {
        "event": "measurement_taken",
        "workload": "gemm",
        "size": size,
        "dtype": "float32",
        "device": device,
        "threads": 16 if device == "cpu" else None,
        "median_s": median_s,
        "ci_low_s": median_s,
        "ci_high_s": median_s,
        "samples": 6,
        "gflops": 2e-9 * size**3 / median_s,
        "gflops_low": 1.0,
        "gflops_high": 1.0,
        "stopped_by": "target",
        "repeats": 1,
        "first_call_s": median_s,
        "timer_overhead": 0.0,
        "elapsed_s": 1.0,
        "flops": 2 * size**3,
        "bytes_moved": 12 * size**2,
        "times_s": [median_s] * 6,
    }


def test_a_result_with_a_roof_and_a_gpu_shows_both(page: AppTest) -> None:
    roof = RoofMeasured("cuda:0", None, {"float32": 50_000.0}, 3000.0, 5e-6)
    records = [event_record(EnvironmentRead(SCHEMA, "2026-01-01T00:00:00+00:00", {})), event_record(roof)]
    for size, cpu_s, gpu_s in ((64, 1e-5, 2e-5), (512, 1e-3, 5e-5), (4096, 0.3, 4e-3)):
        records += [taken("cpu", size, cpu_s), taken("cuda:0", size, gpu_s)]
    page.query_params["measure"] = "result"
    page.run()
    page.file_uploader(key="result_file").upload("gpu.json", to_json(records).encode()).run()
    assert not page.exception
    assert [error.value for error in page.error] == []
    assert [shown.value for shown in page.header] == ["gpu.json", "Roofline"]
    (under,) = (shown.value for shown in page.dataframe if "% of peak" in shown.value)
    assert under["Limit"].tolist()[-1] == "compute-bound"
    (crossing,) = (caption.value for caption in page.caption if "crosses 1, 10 and 40" in caption.value)
    assert "1× from size" in crossing
    assert "40× from size" in crossing
    assert "Transfers are not counted" in crossing


def test_a_click_measures_the_machines_roofline(page: AppTest) -> None:
    page.query_params["measure"] = "roofline"
    page.run()
    assert not page.exception
    page.button[0].click().run()

    def measured() -> bool:
        page.run()
        assert not page.exception
        return bool(page.metric)

    wait_until(measured)
    assert page.metric[0].value.endswith("GFLOP/s")
    assert any(one.value.startswith("- ") for one in page.markdown)  # what that says, long before the end
    runs.runner().request(page.session_state["started runs"]["roofline"], "stop")


FIRST = read(RESULTS / "schema_1.json")


def elsewhere(factor: float) -> list[dict[str, Any]]:
    """The first stored result from another machine, every time so many times as long."""
    return [
        {**one, "median_s": factor * one["median_s"], "times_s": [factor * t for t in one["times_s"]]}
        if one["event"] == "measurement_taken"
        else {**one, "environment": {"cpu": "Abacus 9"}}
        if one["event"] == "environment_read"
        else dict(one)
        for one in FIRST
    ]


def open_file(page: AppTest) -> None:
    page.query_params["measure"] = "result"
    page.run()
    page.file_uploader(key="result_file").upload("now.json", to_json(FIRST).encode()).run()


def check_compared(page: AppTest, earlier: list[dict[str, Any]]) -> None:
    """The page tells what compare_results finds."""
    assert not page.exception
    assert not page.error
    (shown,) = (frame.value for frame in page.dataframe if "verdict" in frame.value)
    found = list(compare_results(earlier, FIRST))
    figures = shown[["ratio", "baseline", "now"]].values.tolist()
    expected = [[one.ratio, 1e6 * one.baseline_s, 1e6 * one.candidate_s] for one in found]
    assert sorted(figures) == sorted(expected)
    assert sorted(text.split()[1] for text in shown["verdict"]) == sorted(one.verdict for one in found)
    (machines,) = (one.value for one in page.caption if "different machines" in one.value)
    for records in (earlier, FIRST):
        assert escaped(environment_line(environment_of(records))) in machines


def test_a_file_is_compared_with_a_second_file(page: AppTest) -> None:
    open_file(page)
    page.selectbox(key="against").set_value("file").run()
    page.file_uploader(key="against_file").upload("then.json", to_json(elsewhere(0.3)).encode()).run()
    check_compared(page, elsewhere(0.3))
    page.file_uploader(key="against_file").upload("copy.json", to_json(FIRST).encode()).run()
    assert ["Same file" in one.value for one in page.info if "No GPU" not in one.value] == [True]


def test_a_file_is_compared_with_a_run_of_this_server(page: AppTest) -> None:
    store = runs.runner().store
    run_id = store.create("timing", to_record(SweepConfig()))
    store.write(run_id, [(number, 0.0, record) for number, record in enumerate(elsewhere(2.0), 1)])
    store.end(run_id, FINISHED)
    page.query_params["against"] = run_id
    open_file(page)
    check_compared(page, elsewhere(2.0))
