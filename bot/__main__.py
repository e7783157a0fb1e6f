"""The command line: ``floorwalker`` and its verbs, each found by being a file in ``bot/cli``."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import click

from bot import cli


class Verbs(click.Group):
    """A group whose commands are the modules of ``bot.cli``. A module without exactly one command is an error."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs' names, in alphabetical order."""
        modules = pkgutil.iter_modules(cli.__path__)
        return sorted(one.name.replace("_", "-") for one in modules if not one.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb's module, or None when there is no such verb."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{cli.__name__}.{cmd_name.replace('-', '_')}")
        commands = [value for value in vars(module).values() if isinstance(value, click.Command)]
        if len(commands) != 1:
            raise TypeError(f"{module.__file__} must hold exactly one click command, and has {len(commands)}")
        return commands[0]


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="floorwalker", message="%(package)s %(version)s")
def floorwalker() -> None:
    """Tells each department of a shop, in Slack, what it must act on."""


def main(arguments: list[str] | None = None) -> None:
    """Runs a verb and exits: 0 when all is well, 1 when the verb found something wrong, 2 when it was asked wrongly."""
    try:
        code = floorwalker.main(arguments, prog_name="floorwalker", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = 0
    except click.ClickException as error:
        click.echo(f"floorwalker: {error.format_message()}", err=True)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
