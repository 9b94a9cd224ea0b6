"""The one error that is shown to the user."""


class InvalidRequest(ValueError):
    """An impossible request.

    The message is shown as it is by the dashboard and, with exit code 2, by the command line: one sentence
    that says what was given and what is allowed.
    """


class StoreUnavailable(InvalidRequest):
    """The run store or its folder cannot be used now, and may be again later: the same request is then fine.

    fault: which of core.runs.faults.store_faults it is.
    """

    def __init__(self, fault: str, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = fault


class UnwritableFolder(StoreUnavailable):
    """The data folder cannot be written: no run and no table can be kept, and all else works."""

    def __init__(self, folder: object, reason: str, variable: str = "NABLASCOPE_HOME") -> None:
        super().__init__(
            "read-only",
            f"The data folder {str(folder)!r} cannot be written: {reason}. Make it writable, or let "
            f"{variable} name another one.",
        )
