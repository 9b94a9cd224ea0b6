"""What each column is, what was converted and left out; nothing becomes categories without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data import load
from core.data.dataset import CLASSIFICATION, REGRESSION, LoadedDataset
from core.data.table_columns import Choices, Column, names_as_text
from core.data.user import user_csv
from core.errors import InvalidRequest


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NABLASCOPE_HOME", str(tmp_path))


def rows_of(*cells: str, times: int = 6) -> str:
    """These rows, several times."""
    return "".join(f"{row}\n" for row in cells) * times


def added(text: str) -> str:
    return user_csv.add(text.encode())


def loaded(text: str, target: str = "", data: str = "own_csv", **choices: Any) -> LoadedDataset:
    return load(data, file=added(text), target_column=target, **choices)


def columns(text: str, target: str = "", task: str = CLASSIFICATION, **choices: Any) -> dict[str, Column]:
    found = user_csv.preview(added(text), target, task, **choices).columns
    return {column.name: column for column in found}


def problem(text: str, target: str = "", task: str = CLASSIFICATION, **choices: Any) -> str | None:
    return user_csv.preview(added(text), target, task, **choices).problem


AGES = "age_range,dose,response\n" + rows_of("18_25,5.3,no", "36_50,1.2,yes", "51_99,2.2,no")


def test_ranges_with_an_underscore_are_the_categories_that_those_with_a_dash_are() -> None:
    by_underscore, by_dash = loaded(AGES), loaded(AGES.replace("_", "-"))
    assert columns(AGES)["age_range"].kind == "category"
    assert by_underscore.features[0] == "age_range = 18_25"
    np.testing.assert_array_equal(by_underscore.train_inputs, by_dash.train_inputs)


def test_errors_of_a_spreadsheet_among_numbers_are_missing_and_refused_until_something_is_done() -> None:
    text = "x,y,c\n" + rows_of("1.5,1,no", "#N/A,2,yes", "#DIV/0!,3,no", "2.5,4,yes", "-,5,no", "None,6,yes")
    x = columns(text)["x"]
    assert (x.kind, x.missing, x.low, x.high) == ("number", 24, 1.5, 2.5)
    assert "#DIV/0!, #N/A: missing" in x.notes
    assert "Row 3 has no value in column 'x' (24 of 36" in str(problem(text))
    with pytest.raises(InvalidRequest, match="Row 3 has no value in column 'x'"):
        loaded(text)
    dropped, filled = loaded(text, missing="drop"), loaded(text, missing="fill")
    assert len(dropped.train_inputs) + len(dropped.test_inputs) == 12
    assert len(filled.train_inputs) + len(filled.test_inputs) == 36
    assert loaded(text, missing="drop", fill_missing="x").features == filled.features == ("x", "y")
    assert loaded(text, leave_out="x").features == ("y",)


def test_a_missing_number_is_filled_with_the_mean_of_the_training_rows_alone() -> None:
    numbers = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048]
    data = loaded(
        "x,y\n" + "".join(f"{n},{n * 2}\n" for n in numbers) + "?,5\n" * 6,
        data="own_csv_values",
        missing="fill",
    )
    entry = (data.encoding or {})["columns"][0]
    assert entry["fill"] == entry["mean"]
    inputs = np.concatenate([data.train_inputs, data.test_inputs])[:, 0]
    assert (np.abs(inputs) < 1e-6).sum() == 6  # the mean, once scaled


def test_a_missing_text_is_filled_with_a_category_of_its_own() -> None:
    text = "deck,x,c\n" + rows_of("A,1,no", ",2,yes", "B,3,no")
    assert loaded(text, missing="fill").features == ("deck = A", "deck = B", "deck = (missing)", "x")
    assert "missing values are the category (missing)" in columns(text, missing="fill")["deck"].notes


def test_decimal_commas_and_thousands_are_numbers_and_said() -> None:
    text = "dose;pay;share;c\n" + rows_of("2,0;1.234,50;5%;no", "0,5;900;7%;yes", "10,0;2.000,00;10%;no")
    found = columns(text)
    assert {name: (one.low, one.high) for name, one in found.items() if name != "c"} == {
        "dose": (0.5, 10),
        "pay": (900, 2000),
        "share": (0.05, 0.1),
    }
    assert "decimal commas" in found["dose"].notes
    assert "thousands separators" in found["pay"].notes
    assert "percent: 50% is 0.5" in found["share"].notes
    assert loaded(text).features == ("dose", "pay", "share")
    unsure = "x\ty\n" + "".join(f"1,{n:03d}\t{n % 2}\n" for n in range(100, 120))
    assert columns(unsure)["x"].low == 1100
    assert columns(unsure, decimal="comma")["x"].low == 1.1


def test_classes_written_as_0_and_as_0_0_are_one() -> None:
    text = "x,c\n" + rows_of("0.1,0", "0.2,0.0", "0.3,1", "0.4,1.0")
    assert loaded(text).classes == ("0", "1")
    assert columns(text)["c"].categories == {"0": 12, "1": 12}
    assert {"0, 0.0 are one", "1, 1.0 are one"} <= {*columns(text)["c"].notes}
    assert loaded("x,c\n" + rows_of("1,2.0", "2,10.0", "3,1.0")).classes == ("1.0", "2.0", "10.0")


def test_labels_that_differ_only_in_capitals_are_one_unless_they_are_kept_apart() -> None:
    text = "x,c\n" + rows_of("1,Yes", "2,yes", "3,YES", "4,yes", "5,No", "6,no")
    assert len(loaded(text).classes) == 2
    assert columns(text)["c"].categories == {"no": 12, "yes": 24}
    assert "YES, Yes, yes are one" in columns(text)["c"].notes
    assert len(loaded(text, merge_case=False).classes) == 5


def test_an_index_without_a_name_is_left_out_with_a_word() -> None:
    text = ",x,c\n" + "".join(f"{n},{n % 5},{'ab'[n % 2]}\n" for n in range(20))
    found = user_csv.preview(added(text), "", CLASSIFICATION)
    assert [column.name for column in found.columns] == ["x", "c"]
    assert "first column has no name" in found.notes[0]
    named = columns(text.replace(",x", "id,x", 1))
    assert "numbers the rows: leave it out?" in named["id"].notes


def test_numbers_with_a_few_texts_are_a_choice_that_a_person_makes() -> None:
    text = "x,c\n" + rows_of("1,a", "2,b", "3,a", "4,b") + "many,a\nmany,b\n"
    assert columns(text)["x"].kind == "undecided"
    assert "has 24 numbers and 2 texts, 'many' first in row 26" in str(problem(text))
    assert loaded(text, as_categories="x").features == ("x = 1", "x = 2", "x = 3", "x = 4", "x = many")
    assert columns(text, as_numbers="x")["x"].missing == 2
    assert "texts such as 'many': missing" in columns(text, as_numbers="x")["x"].notes
    assert len(loaded(text, as_numbers="x", missing="drop").train_inputs) < 24
    assert loaded("x,z,c\n" + rows_of("1,3,a", "2,4,b"), as_categories="x").features == (
        "x = 1",
        "x = 2",
        "z",
    )


def test_what_cannot_be_chosen_is_refused_in_a_sentence() -> None:
    for choice, sentence in (
        ({"leave_out": "z"}, "leave_out names the column 'z'; choose from age_range, dose, response"),
        ({"leave_out": "response"}, "'response' is the target"),
        ({"as_numbers": "dose", "as_categories": "dose"}, "'dose' cannot be both"),
        ({"as_numbers": "age_range"}, "'age_range' has no number"),
        ({"leave_out": "age_range,dose"}, "No column is left"),
    ):
        with pytest.raises(InvalidRequest, match=sentence):
            loaded(AGES, **choice)


NAMES = st.text('ab," \n\r;é', min_size=1, max_size=8).map(str.strip).filter(bool)


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_names_of_columns_can_be_chosen(names: list[str]) -> None:
    assert Choices(leave_out=names_as_text(names)).named("leave_out", names) == tuple(names)


TITANIC = "survived,pclass,name,sex,age,fare,deck,embarked,alone\n" + "".join(
    f'{n % 2},{n % 3 + 1},"Smith, Mr. {n}",{"male" if n % 3 else "female"},'
    f"{n % 60 if n % 5 else ''},{7.25 + n},"
    f"{'C' if n % 4 == 0 else ''},{'SCQ'[n % 3] if n != 7 else ''},{'True' if n % 2 else 'False'}\n"
    for n in range(40)
)
PENGUINS = "species,island,bill_length_mm,body_mass_g,sex\n" + "".join(
    f"{('Adelie', 'Gentoo')[n % 2]},{('Biscoe', 'Dream')[n % 2]},{'NA' if n == 3 else 39.1 + n},"
    f"{'NA' if n == 3 else 3750 + n},{'NA' if n in (3, 9) else ('male', 'female')[n % 2]}\n"
    for n in range(30)
)
MPG = "mpg,cylinders,horsepower,weight,origin,name\n" + "".join(
    f"{18 + n}.0,{4 + n % 2 * 2},{'?' if n == 5 else 130 + n},{3504 + n},{('usa', 'japan')[n % 2]},car {n}\n"
    for n in range(30)
)
TAXIS = "pickup,passengers,distance,fare,color,payment\n" + "".join(
    f"2019-03-{n % 28 + 1:02d} 20:21:09,{n % 4},{1.6 + n:.2f},{7 + n}.0,{('yellow', 'green')[n % 2]},"
    f"{'' if n == 4 else ('credit card', 'cash')[n % 2]}\n"
    for n in range(30)
)


def test_tables_of_well_known_shapes_are_read_with_a_choice_about_what_is_missing() -> None:
    titanic = loaded(TITANIC, "survived", missing="fill", drop_missing="embarked")
    assert titanic.classes == ("0", "1")
    assert len(titanic.train_inputs) + len(titanic.test_inputs) == 39
    assert {"age", "sex = female", "deck = (missing)", "alone = True"} <= {*titanic.features}
    name = columns(TITANIC, "survived")["name"]
    assert (name.kind, name.notes) == ("left out", ("40 different texts",))

    penguins = loaded(PENGUINS, "species", missing="drop")
    assert penguins.classes == ("Adelie", "Gentoo")
    assert len(penguins.train_inputs) + len(penguins.test_inputs) == 28

    mpg = loaded(MPG, "mpg", "own_csv_values", missing="fill")
    assert mpg.features == ("cylinders", "horsepower", "weight", "origin = japan", "origin = usa")
    assert columns(MPG, "mpg", REGRESSION)["horsepower"].missing == 1

    taxis = columns(TAXIS, "fare", REGRESSION)
    assert (taxis["pickup"].kind, taxis["payment"].missing) == ("left out", 1)
    assert "row 6 has no value in column 'payment'" in str(problem(TAXIS, "fare", REGRESSION)).lower()


@pytest.mark.parametrize("text", [TITANIC, PENGUINS, MPG, TAXIS, AGES])
def test_every_problem_of_the_preview_is_the_one_that_the_training_has(text: str) -> None:
    for name in columns(text):
        for task, data in ((CLASSIFICATION, "own_csv"), (REGRESSION, "own_csv_values")):
            foreseen = problem(text, name, task, missing="fill")
            try:
                loaded(text, name, data, missing="fill")
                happened = None
            except InvalidRequest as error:
                happened = str(error)
            assert happened == foreseen or "nothing to predict" in str(happened)
