"""The verbs of the command line, one file each; whoever adds a verb adds a file here and edits nothing else.

A verb's module holds exactly one click command, whose docstring is its help::

    \"\"\"floorwalker parked: what could not be posted.\"\"\"

    import click

    from bot.cli._common import config_option, loaded, opened

    @click.command()
    @config_option
    def parked(config: Path) -> None:
        \"\"\"Lists the posts that were given up, each with its reason.\"\"\"
        from bot.store import posts

        ...

``floorwalker --help`` imports every verb, so a module's head imports nothing but the standard library, click and
``_common``; what is heavy is imported inside the function. Raise ``Stop`` for what the person got wrong (exit 2, one
line), and exit 1 with ``SystemExit(1)`` when the verb did its work and found something wrong. Modules whose name begins
with an underscore are no verbs.
"""
