"""floorwalker parked: what could not be posted."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli._common import Stop, config_option, loaded, opened


@click.command()
@config_option
@click.option("--release", metavar="ID", help="Let the running bot try this post again.")
def parked(config: Path, release: str | None) -> None:
    """List the posts that were given up, each with its reason.

    Put right what the reason names (the bot is not in the channel, the channel is archived), then --release the post.
    """
    from bot.clock import Clock
    from bot.store import posts

    with opened(loaded(config, demo=True)) as store:
        if release is not None:
            with store.write() as connection:
                if not posts.release_parked(connection, release, Clock().now()):
                    raise Stop(f"there is no parked post {release}")
            click.echo(f"{release} will be tried again")
            return
        with store.read() as connection:
            found = posts.parked(connection)
    for post in found:
        click.echo(f"{post.id}  {post.channel}  {post.key}  {post.reason}")
    if not found:
        click.echo("nothing is parked")
