"""The tables of the run store, and how a file of an earlier version gets the columns that it lacks."""

from __future__ import annotations

import sqlalchemy as sa

from core.runs.databases.database import JSON
from core.runs.hosting import tables as hosting

metadata = sa.MetaData()

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("job", sa.String, nullable=False),
    sa.Column("exclusive", sa.Boolean, nullable=False),
    sa.Column("config", JSON, nullable=False),
    sa.Column("environment", JSON),
    sa.Column("status", sa.String, nullable=False, index=True),
    sa.Column("requested", sa.String),  # what the person asked for last: pause, resume, stop
    sa.Column("requested_at", sa.Float),
    sa.Column("message", sa.String),  # why it ended, in words
    sa.Column("worker", sa.String),
    sa.Column("progress", JSON),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("queued_at", sa.Float, nullable=False),
    sa.Column("started_at", sa.Float),
    sa.Column("seen_at", sa.Float),  # the worker's last sign of life
    sa.Column("ended_at", sa.Float),
    sa.Column("immediate", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("pruned_at", sa.Float),  # since then its checkpoint and pictures are deleted
    sa.Column("curves_bytes", sa.BigInteger),  # of an ended run, once measured
    sa.Column("pictures_bytes", sa.BigInteger),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),  # of config and events
    # Whose it is, and its place in the queue; see core.runs.quota and core.runs.scheduling.
    sa.Column("owner", sa.String, index=True),
    sa.Column("address", sa.String),  # of the owner's computer, while the run is open
    sa.Column("expected_short", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("resumable", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("turn_at", sa.Float),
    sa.Column("claimed_at", sa.Float),  # since when it is at work
    sa.Column("worked_s", sa.Float, nullable=False, server_default="0"),  # before that
    sa.Column("served_at", sa.Float),  # when it was claimed last
    sa.Column("keep_running", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("watched_at", sa.Float),  # when a page showed it last
)
# All that a list of runs filters and sorts by, so that it reads this index and not the wide rows.
sa.Index(
    "runs_listed",
    *(runs.c[name] for name in ("created_at", "id", "job", "status", "immediate", "started_at", "ended_at")),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("time", sa.Float, nullable=False),
    sa.Column("record", JSON, nullable=False),
)

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run_id", sa.String, nullable=False, index=True),
    sa.Column("settings", JSON, nullable=False),
)

pictures = sa.Table(
    "pictures",
    metadata,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("values", JSON, nullable=False),
    sa.Column("arrays", sa.LargeBinary, nullable=False),
)

frames = sa.Table(
    "frames",
    metadata,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("values", JSON, nullable=False),
    sa.Column("weights", sa.LargeBinary, nullable=False),  # float32, little-endian
)

# What a list says of a run; see core.runs.summaries. Rows are made when a list is asked for.
summaries = sa.Table(
    "summaries",
    metadata,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),  # of the rules; 0 is none yet
    sa.Column("of_end", sa.Float),  # the run's ended_at when this was written; none while it is open
    sa.Column("name", sa.String),  # given by a person
    sa.Column("note", sa.String),  # given by a person
    sa.Column("typed", sa.String, nullable=False, server_default=""),  # name and note, to search in
    sa.Column("words", sa.String, nullable=False, server_default=""),  # the rest, to search in
    sa.Column("model", sa.String),
    sa.Column("data", sa.String),
    sa.Column("settings", JSON),  # those that differ from what the network and its data get by default
    sa.Column("metric", sa.String),
    sa.Column("value", sa.Float),  # of the metric, on the test split
    sa.Column("seconds", sa.Float),  # that the job itself counted
)

film_pictures = sa.Table(
    "film_pictures",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True),  # of all runs together, never given twice
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("bytes", sa.Integer, nullable=False),  # of the arrays
    sa.Column("values", JSON, nullable=False),
    sa.Column("arrays", sa.LargeBinary, nullable=False),
    sa.Index("film_pictures_of_run", "run_id", "name", "step"),
    sqlite_autoincrement=True,
)


# Columns of version 0.1 by what they are called now.
_RENAMED_SINCE_0_1 = {
    "wanted": "requested",
    "wanted_at": "requested_at",
    "at_once": "immediate",
    "let_go_at": "pruned_at",
}


# Where owners stood before they had to do with the queue.
_OWNERS_FROM_SUMMARIES = (
    "UPDATE runs SET owner = (SELECT owner FROM summaries WHERE summaries.run_id = runs.id)"
)


def create(connection: sa.Connection) -> None:
    """Make the tables and columns that are not there yet; what is there stays as it is."""
    metadata.create_all(connection)
    hosting.metadata.create_all(connection)
    rename_columns_of_0_1(connection)
    there = _columns(connection)
    had_owners = "owner" in there
    for column in runs.columns:
        if column.name not in there:
            definition = sa.schema.CreateColumn(column).compile(connection)
            connection.exec_driver_sql(f"ALTER TABLE {runs.name} ADD COLUMN {definition}")
    if not had_owners and "owner" in _columns(connection, summaries):
        connection.exec_driver_sql(_OWNERS_FROM_SUMMARIES)
    for index in runs.indexes:
        index.create(connection, checkfirst=True)


def rename_columns_of_0_1(connection: sa.Connection) -> None:
    """Give the columns that a file of version 0.1 has their present names; what they hold stays."""
    there = _columns(connection)
    for old, new in _RENAMED_SINCE_0_1.items():
        if old in there:
            connection.exec_driver_sql(f"ALTER TABLE {runs.name} RENAME COLUMN {old} TO {new}")


def _columns(connection: sa.Connection, table: sa.Table = runs) -> set[str]:
    return {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
