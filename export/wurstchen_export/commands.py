"""What the commands of the command line have in common."""

from __future__ import annotations

import argparse


class Help(argparse.ArgumentDefaultsHelpFormatter):
    """Says what an option's default is, where it has one."""

    def _get_help_string(self, action):
        has_default = action.default not in (None, "", []) and action.default is not False
        return super()._get_help_string(action) if has_default else action.help


def add_command(commands, name: str, run, help_text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_text, description=help_text, formatter_class=Help)
    parser.set_defaults(run=run)
    return parser


def say(line: str) -> None:
    print(line, flush=True)
