"""The one exception that the command line prints as a single line."""


class ExportError(Exception):
    """An error that the caller can fix: the message says what was found, what was expected and what to do."""
