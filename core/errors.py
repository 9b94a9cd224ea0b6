"""The one error that is shown to the user."""


class InvalidRequest(ValueError):
    """An impossible request.

    The message is shown as it is by the dashboard and, with exit code 2, by the command line: one sentence
    that says what was given and what is allowed.
    """
