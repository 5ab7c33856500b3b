"""Shared parts of the command line's commands."""

from __future__ import annotations

import argparse


class Help(argparse.ArgumentDefaultsHelpFormatter):
    """Formats help texts with each option's default, if it has one."""

    def _get_help_string(self, action):
        has_default = action.default not in (None, "", []) and action.default is not False
        return super()._get_help_string(action) if has_default else action.help


def add_command(commands, name: str, run, help_text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_text, description=help_text, formatter_class=Help)
    parser.set_defaults(run=run)
    return parser


def say(line: str) -> None:
    print(line, flush=True)
