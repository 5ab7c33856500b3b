"""Exports, checks and trains Würstchen models."""

import os

# From 1.29 on, ONNX Runtime reports to its makers which models are opened; it reads this once, when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
