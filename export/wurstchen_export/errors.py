"""The one exception that the command line prints as a single line."""


class ExportError(Exception):
    """Something the caller can mend: the message says what was found, what was expected and what to do."""
