"""The one error that is shown to the user."""


class InvalidRequest(ValueError):
    """Something impossible was asked for.

    The message is shown as it is by the dashboard and, with exit code 2, by the command line: one sentence
    that says what was given and what is allowed.
    """
