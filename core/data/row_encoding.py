"""Rows of a CSV file as a network's inputs, by what its training read out of the columns.

Of the standard library alone, as an exported network takes this file with it unchanged. An encoding is what
JSON can hold:

    columns: of each column that is read, in the order of the inputs,
        name, kind (NUMBER or CATEGORY), decimal (POINT or COMMA)
        of numbers: mean, deviation, texts_missing (whether texts count as no value), fill (the number in
        place of no value, or null where such a row cannot be read)
        of categories: values (null stands for no value), means, deviations, numeric (whether 1 and 1.0 are
        one), merge_case (whether a and A are one)
    max_deviations: where scaled inputs end; null where they do not
    features: where it is there, what the inputs are computed as, in their order, by
        name, factors (the columns that are multiplied), sine_scale (what the product is multiplied with
        under a sine, or null without a sine)
    target: name, and classes, or mean and scale
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.data.csv_cells import Sheet, decimals, is_missing, number, quoted, short
from core.errors import InvalidRequest

NUMBER, CATEGORY = "number", "category"
NO_VALUE = "(missing)"  # how the category of cells without a value is called


def encoded(sheet: Sheet, encoding: Mapping[str, Any]) -> list[list[float]]:
    """The network's inputs (rows, features) for the rows of a file, whose columns may be in any order.

    Raises InvalidRequest for a column that is missing, and for the first cell that cannot be read.
    """
    columns = encoding["columns"]
    cells = {column["name"]: _cells(sheet, column["name"]) for column in columns}
    marks = decimals(cells, sheet.delimiter, {column["name"]: column["decimal"] for column in columns})
    scaled: dict[str, list[list[float]]] = {}
    for column in columns:
        name = column["name"]
        raw = unscaled(cells[name], column, marks[name], sheet.row_numbers)
        limit = encoding["max_deviations"]
        scaled[name] = _scaled(raw, column, math.inf if limit is None else limit)
    inputs = [feature for name in scaled for feature in scaled[name]]
    if "features" in encoding:
        inputs = [_computed(feature, scaled) for feature in encoding["features"]]
    return [list(row) for row in zip(*inputs, strict=True)]


def unscaled(
    cells: Sequence[str], column: Mapping[str, Any], decimal: str, row_numbers: Sequence[int]
) -> list[list[float]]:
    """The features of one column, (features, rows): its numbers (NaN for none), or an indicator a value."""
    if column["kind"] == NUMBER:
        return [[_number(cell, column, decimal, row) for cell, row in zip(cells, row_numbers, strict=True)]]
    keys = [None if value is None else label_key(value, column, decimal) for value in column["values"]]
    places = {key: place for place, key in enumerate(keys)}
    indicators = [[0.0] * len(cells) for _ in keys]
    for place, (cell, row) in enumerate(zip(cells, row_numbers, strict=True)):
        key = None if is_missing(cell) else label_key(cell, column, decimal)
        if key not in places:
            raise InvalidRequest(_unknown(cell, column, row))
        indicators[places[key]][place] = 1.0
    return indicators


def label_key(cell: str, column: Mapping[str, Any], decimal: str) -> float | str:
    """Equal for cells of one category."""
    value = number(cell, decimal) if column["numeric"] else None
    if value is not None:
        return value
    return " ".join(cell.split()).casefold() if column["merge_case"] else cell


def feature_names(column: Mapping[str, Any]) -> list[str]:
    """What the features of a column are called."""
    name = column["name"]
    if column["kind"] == NUMBER:
        return [name]
    return [f"{name} = {NO_VALUE if value is None else value}" for value in column["values"]]


def _cells(sheet: Sheet, name: str) -> list[str]:
    """The cells of one column."""
    if sheet.header.count(name) != 1:
        known = ", ".join(short(column) for column in sheet.header[:20])
        raise InvalidRequest(
            f"The file has {'two columns' if name in sheet.header else 'no column'} named {quoted(name)}; "
            f"its columns are {known}."
        )
    place = sheet.header.index(name)
    for row, row_number in zip(sheet.rows, sheet.row_numbers, strict=True):
        if len(row) != len(sheet.header):
            raise InvalidRequest(
                f"Row {row_number} has {len(row)} values, and the header has {len(sheet.header)}."
            )
    return [row[place] for row in sheet.rows]


def _number(cell: str, column: Mapping[str, Any], decimal: str, row: int) -> float:
    value = number(cell, decimal)
    missing = is_missing(cell, among_numbers=True)
    if value is not None and math.isfinite(value):
        return value
    if value is not None or not (missing or column["texts_missing"]):
        what = "no number" if value is None else "a number that is too large"
        raise InvalidRequest(f"Row {row} has {quoted(cell)} in column {quoted(column['name'])}: {what}.")
    if column.get("fill", 0.0) is None:
        raise InvalidRequest(_hole(column, row))
    return math.nan


def _unknown(cell: str, column: Mapping[str, Any], row: int) -> str:
    if is_missing(cell):
        return _hole(column, row)
    known = ", ".join(short(value) for value in column["values"] if value is not None)
    return f"Row {row} has {quoted(cell)} in column {quoted(column['name'])}; the network knows {known}."


def _hole(column: Mapping[str, Any], row: int) -> str:
    return (
        f"Row {row} has no value in column {quoted(column['name'])}, and the network has seen no such rows; "
        "fill it in or leave the row out."
    )


def _scaled(
    features: Sequence[Sequence[float]], column: Mapping[str, Any], limit: float
) -> list[list[float]]:
    """(value - mean) / deviation, within the limit on both sides; the column's fill in place of NaN."""
    if column["kind"] == NUMBER:
        scales = [(column["mean"], column["deviation"])]
    else:
        scales = [*zip(column["means"], column["deviations"], strict=True)]
    scaled = []
    for values, (mean, deviation) in zip(features, scales, strict=True):
        whole = [column["fill"] if math.isnan(value) else value for value in values]
        scaled.append([max(-limit, min(limit, (value - mean) / deviation)) for value in whole])
    return scaled


def _computed(feature: Mapping[str, Any], columns: Mapping[str, list[list[float]]]) -> list[float]:
    """A product of columns of numbers, or the sine of one."""
    factors = zip(*(columns[name][0] for name in feature["factors"]), strict=True)
    products = [math.prod(row) for row in factors]
    scale = feature["sine_scale"]
    return products if scale is None else [math.sin(scale * product) for product in products]
