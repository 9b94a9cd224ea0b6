"""Tables of a server for several people, in the run store's database, and what they are reached by."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

import sqlalchemy as sa

metadata = sa.MetaData()

# Who has signed in, by a digest of what their browser's cookie holds.
logins = sa.Table(
    "logins",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("provider", sa.String, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("email", sa.String),
    sa.Column("group_names", sa.JSON, nullable=False),
    sa.Column("browser", sa.String, index=True),
    sa.Column("since", sa.Float, nullable=False),  # seconds since 1970, as the next
    sa.Column("until", sa.Float, nullable=False),
)

# What an operator has said to everybody: one row of each kind at most.
notices = sa.Table(
    "notices",
    metadata,
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("since", sa.Float, nullable=False),
)


class Database(Protocol):
    """What is asked of the run store."""

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that sees what is there now."""

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """A transaction that changes it as a whole or not at all."""
