"""The one error that is shown to the user."""


class InvalidRequest(ValueError):
    """An impossible request.

    The message is shown as it is by the dashboard and, with exit code 2, by the command line: one sentence
    that says what was given and what is allowed.
    """


class UnusableStore(InvalidRequest):
    """Runs cannot be kept, nor those that there are be read; all else works."""


class UnwritableFolder(UnusableStore):
    """The data folder cannot be written: no run and no table can be kept, and all else works."""

    def __init__(self, folder: object, reason: str, variable: str = "NABLASCOPE_HOME") -> None:
        super().__init__(
            f"The data folder {str(folder)!r} cannot be written: {reason}. Make it writable, or let "
            f"{variable} name another one."
        )


class UnusableDatabase(UnusableStore):
    """The database of the runs cannot be used."""

    def __init__(self, database: str, reason: str) -> None:
        super().__init__(
            f"The database {database} cannot be used: {reason}. Mend it, or let NABLASCOPE_DATABASE_URL name "
            "another one."
        )
