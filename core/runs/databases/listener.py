"""A thread that hears PostgreSQL's notifications: https://www.postgresql.org/docs/current/sql-notify.html."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import sqlalchemy as sa

LOOK_EVERY_S = 0.5  # whether it is to end
FIRST_PAUSE_S, MAX_PAUSE_S = 0.2, 5.0  # before a lost connection is made again

_log = logging.getLogger(__name__)


class Listener:
    """Calls changed() after what is announced on a channel, and once whenever it begins to listen.

    What is announced while the connection is lost is never heard, hence the latter.
    """

    def __init__(
        self,
        engine: sa.Engine,
        channel: str,
        changed: Callable[[], None],
        driver_errors: tuple[type[Exception], ...],
    ) -> None:
        self._engine, self._channel, self._changed = engine, channel, changed
        self._lost: tuple[type[Exception], ...] = (*driver_errors, sa.exc.DBAPIError)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True, name="listener")
        self._thread.start()

    def close(self) -> None:
        """Hear no more."""
        self._ended.set()
        self._thread.join()

    def _work(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._ended.is_set():
            try:
                with self._engine.connect() as connection:
                    connection.exec_driver_sql(f"LISTEN {self._channel}")
                    if pause_s > FIRST_PAUSE_S:
                        _log.warning("The database answers again.")
                    pause_s = FIRST_PAUSE_S
                    self._changed()
                    self._hear(connection)
            except self._lost:
                if pause_s == FIRST_PAUSE_S:
                    _log.warning("The connection to the database is lost; runs are looked for now and then.")
                self._ended.wait(pause_s)
                pause_s = min(2 * pause_s, MAX_PAUSE_S)

    def _hear(self, connection: sa.Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        while not self._ended.is_set():
            # Many at once are one piece of news.
            if [*driver.notifies(timeout=LOOK_EVERY_S, stop_after=1)]:
                self._changed()
