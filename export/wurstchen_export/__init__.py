"""Exports, checks and trains Würstchen models."""
