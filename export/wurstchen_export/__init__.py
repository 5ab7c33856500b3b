"""Exports, checks and trains Würstchen models.

Each folder is a room; its ``__init__`` says what it is for, who may use it, and which rooms its modules may import.
Imports run one way (tests/test_rooms.py). ``errors`` and ``commands`` are for all; ``__main__`` and ``train_commands``
are the tables of commands, which import from every room and which no room imports.
"""

import os

# From 1.29 on, ONNX Runtime reports to its makers which models are opened; it reads this once, when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
