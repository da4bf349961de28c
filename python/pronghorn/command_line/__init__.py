# SPDX-License-Identifier: Apache-2.0
"""The command `pronghorn`: each module of this folder is one of its subcommands.

Such a module has a docstring, whose first line is shown, `add_arguments(parser)` and
`run(arguments)`.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

# What may be wrong with files and arguments; anything else is a bug and shows its traceback.
_EXPECTED = (OSError, ValueError, TypeError, ImportError, NotImplementedError)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: its arguments, those of the program by default.

    Returns:
        The exit code: 0, or 1 after an error; wrong arguments exit with 2 (`SystemExit`).

    Example:

    >>> from pronghorn.command_line import main
    >>> main(["summary", "no_such_file.keras"])
    1
    """
    arguments = _parser().parse_args(argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _warn
            arguments.run(arguments)
            sys.stdout.flush()
    except BrokenPipeError:  # of `| head`, which has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130  # as a shell reports an end by Ctrl-C
    except _EXPECTED as error:
        print(f"pronghorn {arguments.command}: error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    from pronghorn import __version__

    parser = argparse.ArgumentParser(
        prog="pronghorn",
        description="Multilayer perceptrons on CPUs: what is here, and what files of models hold.",
    )
    parser.add_argument("--version", action="version", version=f"pronghorn {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in _commands().items():
        text = module.__doc__ or ""
        command = commands.add_parser(
            name,
            help=text.partition("\n")[0],
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def _commands() -> dict[str, ModuleType]:
    names = sorted(m.name for m in iter_modules(__path__) if not m.name.startswith("_"))
    return {name: import_module(f"{__name__}.{name}") for name in names}


def _warn(message: Warning | str, *place: object, **details: object) -> None:
    """A warning as one line, without the line of code that it is about."""
    print(f"pronghorn: warning: {message}", file=sys.stderr)
