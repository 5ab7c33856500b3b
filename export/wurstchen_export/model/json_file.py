"""Reads a JSON file of a model."""

from __future__ import annotations

import json
from pathlib import Path

from wurstchen_export.errors import ExportError


def read_json(path: Path) -> dict:
    """Raises ExportError if there is no such file, or if it is no JSON object."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ExportError(f"{path} is missing: is this a folder that diffusers wrote?") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ExportError(f"{path} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ExportError(f"{path} holds a {type(found).__name__}, expected an object: is it the right file?")
    return found
