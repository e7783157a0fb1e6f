"""floorwalker parked: what could not be posted."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli._common import Stop, config_option, loaded, opened


@click.command()
@config_option
@click.option("--release", metavar="ID|all", help="Let the running bot try the post of this id again, or every one.")
def parked(config: Path, release: str | None) -> None:
    """List the posts that were given up, each with since when and why.

    Put right what the reason names (the bot is not in the channel, the channel is archived): within a quarter of an
    hour the bot finds out by itself, and with --release at once.
    """
    from bot.clock import Clock
    from bot.store import destinations, posts

    with opened(loaded(config, demo=True)) as store:
        if release is not None:
            start = "" if release == "all" else release
            with store.write() as connection:
                released = destinations.release_any(connection, start, Clock().now())
            if not released and start:
                raise Stop(f"there is no parked post {release}")
            click.echo("\n".join(f"{id} will be tried again" for id in released) or "nothing is parked")
            return
        with store.read() as connection:
            found = posts.parked(connection)
    for post in found:
        click.echo(f"{post.id}  {post.channel}  {post.key}  {post.due_at:%Y-%m-%d %H:%MZ}  {post.reason}")
    if not found:
        click.echo("nothing is parked")
