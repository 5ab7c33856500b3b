"""Waiting for the stage before: a process gets ready (reads, compiles) while another still trains what it needs."""

import time
from pathlib import Path

POLL_SECONDS = 0.5


def wait_for(folder: Path, until: float = 0.0) -> None:
    """Returns once the stage that trains in this folder is done.

    until: seconds since the epoch; TimeoutError when it passes first (0: waits as long as it takes).
    """
    said = False
    while not (folder / "done").exists():
        if until and time.time() > until:
            raise TimeoutError(f"{folder} was not done in time: is its stage still running? See {folder}/log.jsonl")
        if not said:
            print(f"ready; waiting for {folder}", flush=True)
            said = True
        time.sleep(POLL_SECONDS)
