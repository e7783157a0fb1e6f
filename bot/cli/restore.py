"""floorwalker restore: a copy in the database's place, and nothing posted twice because of it."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli._common import Stop, config_option, loaded, opened


@click.command()
@config_option
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(config: Path, file: Path | None) -> None:
    """Put a backup in the place of the database; stop the bot first.

    The database so far is kept beside it. What the bot posted since the backup is found in Slack before anything is
    sent again, and what customers or shops asked it to forget since then is forgotten again. Without FILE the database
    itself is taken to be restored already, such as by pg_restore.
    """
    from bot.clock import Clock
    from bot.store import backup as copies
    from bot.store import restore as marks

    ours, now = loaded(config, demo=True), Clock().now()
    scheme, _, path = ours.store_url.partition(":///")
    if file is None:
        with opened(ours) as store, store.write() as connection:
            done = copies.Restored(
                None, marks.mark(connection, now), copies.forget_again(connection, ours.store_url, now)
            )
    elif scheme != "sqlite" or not path:
        raise Stop("this database is no file: use pg_restore, and then floorwalker restore without a file")
    else:
        try:
            done = copies.put_back(file, Path(path), now)
        except copies.Unfit as error:
            raise Stop(str(error)) from None
    if done.kept is not None:
        click.echo(f"the database so far is kept as {done.kept}")
    click.echo(f"restored; {done.looked_for} posts will be looked for in Slack before they are sent")
    if done.forgotten:
        click.echo(f"{done.forgotten} wishes to forget that came after the backup were carried out again")
