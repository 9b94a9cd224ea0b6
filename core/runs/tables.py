"""The tables of the run store, and how a file of an earlier version gets the columns that it lacks."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("job", sa.String, nullable=False),
    sa.Column("exclusive", sa.Boolean, nullable=False),
    sa.Column("config", sa.JSON, nullable=False),
    sa.Column("environment", sa.JSON),
    sa.Column("status", sa.String, nullable=False, index=True),
    sa.Column("wanted", sa.String),  # what the person asked for last: pause, resume, stop
    sa.Column("wanted_at", sa.Float),
    sa.Column("message", sa.String),  # why it ended, in words
    sa.Column("worker", sa.String),
    sa.Column("progress", sa.JSON),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("queued_at", sa.Float, nullable=False),
    sa.Column("started_at", sa.Float),
    sa.Column("seen_at", sa.Float),  # the worker's last sign of life
    sa.Column("ended_at", sa.Float),
    sa.Column("at_once", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("let_go_at", sa.Float),  # since then its checkpoint and pictures are no longer kept
    sa.Column("curves_bytes", sa.Integer),  # of an ended run, once measured
    sa.Column("pictures_bytes", sa.Integer),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True),
    sa.Column("time", sa.Float, nullable=False),
    sa.Column("record", sa.JSON, nullable=False),
)

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run_id", sa.String, nullable=False, index=True),
    sa.Column("settings", sa.JSON, nullable=False),
)

pictures = sa.Table(
    "pictures",
    metadata,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("values", sa.JSON, nullable=False),
    sa.Column("arrays", sa.LargeBinary, nullable=False),
)


def create(connection: sa.Connection) -> None:
    """Make the tables and columns that are not there yet; what is there stays as it is."""
    metadata.create_all(connection)
    there = {column["name"] for column in sa.inspect(connection).get_columns(runs.name)}
    for column in runs.columns:
        if column.name not in there:
            definition = sa.schema.CreateColumn(column).compile(connection)
            connection.exec_driver_sql(f"ALTER TABLE {runs.name} ADD COLUMN {definition}")
