"""The overview, tested: chapters, cards, a statement's page, lessons, reports."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.experiments.chapters import CHAPTERS
from core.experiments.overview.lessons import LESSONS, statements_of
from core.experiments.overview.registry import STATEMENTS
from core.runs.status import FINISHED
from core.runs.verdicts import newest
from dashboard.components import runs
from dashboard.pages import PAGES
from tests.dashboard.conftest import TIMEOUT_S, VIEWS
from tests.waiting import wait_until

KEY = "sigmoid_gradients"
SMALL = {"gains": [1.0], "layers": 30, "width": 16, "seeds": 9}


def finished(values: dict[str, object]) -> str:
    """The id of a run of one statement that has come to its verdict."""
    store = runs.runner().store
    run_id = runs.runner().submit("statements", {"statements": [KEY], "effort": "quick", "values": values})

    def ended() -> bool:
        run = store.get(run_id)
        assert run is not None
        assert run.status not in ("failed", "interrupted"), run.message
        return run.status == FINISHED

    wait_until(ended)
    return run_id


@pytest.fixture
def page(own_runner: None) -> AppTest:
    """The page within the navigation, which its links need; not run yet."""
    opened = AppTest.from_file(str(VIEWS.parent / "main.py"), default_timeout=TIMEOUT_S)
    return opened.switch_page("views/overview.py")


def at(page: AppTest, **query: str) -> AppTest:
    """The page at an address; it shows no exception."""
    for key, value in query.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def asked(page: AppTest, key: str) -> str | None:
    """What the page's address says of a key."""
    values = page.query_params.get(key)
    return values if isinstance(values, str) or values is None else values[-1]


def words(page: AppTest) -> str:
    return " ".join([element.value for kind in (page.markdown, page.caption, page.title) for element in kind])


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_every_statement_has_a_card_in_its_chapter(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert [one.value.split(" · ")[0] for one in page.header] == [one.title for one in CHAPTERS.values()]
    assert all(any(entry.title in label for label in labels(page)) for entry in STATEMENTS.values())
    assert all(entry.sentence in words(page) for entry in STATEMENTS.values())
    assert words(page).count("Not tested here yet") == len(STATEMENTS)


def test_a_card_opens_its_statement_and_that_leads_back(page: AppTest) -> None:
    page.run()
    next(button for button in page.button if STATEMENTS[KEY].title in button.label).click().run()
    assert asked(page, "statement") == KEY
    assert STATEMENTS[KEY].title in page.title[0].value
    assert STATEMENTS[KEY].sentence_zh in words(page)
    next(button for button in page.button if "All statements" in button.label).click().run()
    assert "statement" not in page.query_params
    assert len(page.header) == len(CHAPTERS)


def test_an_answer_is_kept_and_starts_the_test_once(page: AppTest) -> None:
    page.query_params["statement"] = KEY
    page.run()
    page.button(key="answer It depends").click().run()
    run_id = str(asked(page, "run"))
    run = runs.runner().store.get(run_id)
    assert run is not None
    assert run.config["statements"] == [KEY]
    page.button(key="answer True").click().run()
    assert asked(page, "run") == run_id, "a second answer starts nothing"
    assert not page.exception


def test_a_verdict_stands_with_its_number_its_picture_and_how_it_was_decided(page: AppTest) -> None:
    opened = at(page, statement=KEY, run=finished(SMALL))
    assert "**True** (gain 1, 30 layers)" in words(opened)
    assert "**False** (gain 1, 30 layers)" in words(opened)
    assert "turns on" in words(opened)
    assert len(opened.get("vega_lite_chart")) == 1
    (claims,) = opened.dataframe
    assert [*claims.value["Verdict"]][:2] == ["supported", "refuted"]


def test_only_runs_with_the_settings_of_an_effort_are_this_machines_verdict(page: AppTest) -> None:
    finished(SMALL)
    assert newest(runs.runner().store) == {}
    run_id = finished({})
    assert {key: one.run_id for key, one in newest(runs.runner().store).items()} == {KEY: run_id}
    opened = at(page)
    assert words(opened).count("Not tested here yet") == len(STATEMENTS) - 1
    assert "quick, " in words(opened)
    assert f"1 statement tested: 1 depends. {len(STATEMENTS) - 1} not tested yet." in words(opened)


def test_the_slider_runs_the_experiment_with_its_value(page: AppTest) -> None:
    opened = at(page, statement=KEY)
    slider = STATEMENTS[KEY].slider
    assert slider is not None
    value = slider.values[2]
    opened.select_slider(key=f"slider of {KEY}").set_value(value).run()
    started = runs.runner().store.all_with_status("queued", "running", "finished")
    (run,) = [run for run in started if run.job == "statement_value"]
    assert run.config["values"][slider.setting] == [value]
    wait_until(lambda: runs.runner().store.get(run.id).ended)  # type: ignore[union-attr]
    opened.run()
    assert not opened.exception
    assert f"{value:g}**" in words(opened)


def test_a_lesson_goes_through_its_statements_and_comes_back(page: AppTest) -> None:
    page.query_params["lesson"] = "depth"
    page.run()
    assert not page.exception
    steps = statements_of(LESSONS["depth"])
    assert [label.split("**")[1] for label in labels(page) if label.startswith("**")] == [
        STATEMENTS[key].title for key in steps
    ]
    assert LESSONS["depth"].question in words(page)
    page.button(key=f"open {steps[0]}").click().run()
    page.button(key="Next").click().run()
    assert STATEMENTS[steps[1]].title in page.title[0].value
    page.button(key="back").click().run()
    assert LESSONS["depth"].title in page.title[0].value


def test_in_a_lesson_a_known_verdict_waits_for_what_the_reader_thinks(page: AppTest) -> None:
    finished({})
    opened = at(page, lesson="depth")
    assert "quick, " not in words(opened)
    opened.button(key=f"open {KEY}").click().run()
    assert "Say what you think, and the verdict is shown" in words(opened)
    assert "**True**" not in words(opened)
    opened.button(key="answer It depends").click().run()
    assert not opened.exception
    assert "**True**" in words(opened)
    assert "You said: it depends, and so says the measurement." in words(opened)
    opened.button(key="back").click().run()
    assert "quick, " in words(opened)


def test_all_of_a_chapter_are_tested_in_one_run(page: AppTest) -> None:
    page.run()
    page.button(key="test recurrent").click().run()
    run = runs.runner().store.get(str(asked(page, "run")))
    assert run is not None
    assert run.config["statements"] == [
        key for key, entry in STATEMENTS.items() if entry.chapter == "recurrent"
    ]


@pytest.mark.parametrize(
    "query", [{"statement": "purple"}, {"lesson": "9"}, {"statement": "<b>*x*</b>" * 30}]
)
def test_an_address_of_what_is_not_there_says_so(query: dict[str, str], page: AppTest) -> None:
    opened = at(page, **query)
    assert any("choose one below" in warning.value for warning in opened.warning)


def test_an_answer_while_all_are_tested_follows_that_run_and_ends_nothing(page: AppTest) -> None:
    page.run()
    page.button(key="test recurrent").click().run()
    chapter = str(asked(page, "run"))
    page.button(key="open gru_gradients").click().run()
    page.button(key="answer True").click().run()
    assert not page.exception
    assert [run.id for run in runs.runner().store.all_with_status("queued", "running")] == [chapter]
    page.button(key="Next").click().run()  # of another chapter
    page.button(key="test").click().run()
    started = str(asked(page, "run"))
    waiting = [run.id for run in runs.runner().store.all_with_status("queued", "running")]
    assert sorted(waiting) == sorted([chapter, started])
    page.button(key="test").click().run()
    assert str(asked(page, "run")) != started
    page.button(key="back").click().run()
    assert any("Stop" in label for label in labels(page)), "the chapter's run is still in sight"
    runs.runner().request(chapter, "stop")


def test_a_slider_that_moves_on_ends_the_test_of_the_value_before(page: AppTest) -> None:
    opened = at(page, statement=KEY)
    slider = STATEMENTS[KEY].slider
    assert slider is not None
    for value in slider.values[1:4]:
        opened.select_slider(key=f"slider of {KEY}").set_value(value).run()
    assert not opened.exception

    def tests() -> dict[str, list[float]]:
        store = runs.runner().store
        found = store.all_with_status("queued", "running", "stopped", "finished")
        return {run.id: run.config["values"][slider.setting] for run in found}

    def goes(run_id: str) -> bool:
        run = runs.runner().store.get(run_id)
        return bool(run and not run.ended and run.requested != "stop")

    assert [value for run_id, value in tests().items() if goes(run_id)] in ([], [[slider.values[3]]])
    first = opened.select_slider(key=f"slider of {KEY}").set_value(slider.values[1]).run()
    assert not first.exception
    assert "Testing" in words(first) or "gain" in words(first), "a value that was passed is tested again"


def test_the_run_of_an_address_that_tests_others_is_said_so(page: AppTest) -> None:
    opened = at(page, statement="tanh_sigmoid", run=finished(SMALL))
    assert any("tests other statements" in warning.value for warning in opened.warning)
    assert not opened.get("vega_lite_chart")


def test_the_effort_is_part_of_the_address(page: AppTest) -> None:
    opened = at(page, effort="full")
    opened.button(key="test recurrent").click().run()
    run = runs.runner().store.get(str(asked(opened, "run")))
    assert run is not None
    assert run.config["effort"] == "full"
    runs.runner().request(run.id, "stop")


LINKS = sorted(
    {
        (link.page, tuple(link.query.items()))
        for entry in STATEMENTS.values()
        for link in entry.links
        if link.query
    },
    key=str,
)


@pytest.mark.parametrize(("target", "query"), LINKS)
def test_what_one_can_try_more_opens_with_the_settings_of_its_link(
    own_runner: None, target: str, query: tuple[tuple[str, str | tuple[str, ...]], ...]
) -> None:
    opened = AppTest.from_file(str(VIEWS.parent / "main.py"), default_timeout=TIMEOUT_S)
    opened = opened.switch_page(PAGES[target].file.removeprefix("dashboard/"))
    for key, value in query:
        opened.query_params[key] = list(value) if isinstance(value, tuple) else value
    opened.run()
    assert not opened.exception
    assert not [warning.value for warning in opened.warning if "cannot be selected" in warning.value]
    for key, value in query:
        shown = opened.session_state[key]
        assert [str(one) for one in (shown if isinstance(shown, list) else [shown])] == (
            [*value] if isinstance(value, tuple) else [value]
        ), key
