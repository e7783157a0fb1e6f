"""What the verbs share: the option that names the config, and how a config or a database that will not do is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.config import Config
    from bot.store.engine import Store


class Stop(click.ClickException):
    """The person asked for what cannot be done; the message is one line that says why, and the exit code is 2."""

    exit_code = 2


config_option = click.option(
    "-c",
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config.yaml"),
    envvar="FLOORWALKER_CONFIG",
    show_default=True,
    help="The config file.",
)


def loaded(path: Path, demo: bool = False) -> Config:
    """The config in a file, or Stop with everything that is wrong with it."""
    from bot.catalog import CatalogError
    from bot.config import ConfigError, environment, load

    if not path.exists():
        raise Stop(f"there is no file {path}; copy config.example.yaml to it, or name another with --config")
    try:
        return load(path, environment(), demo)
    except (ConfigError, CatalogError) as error:
        raise Stop(f"the config cannot be used\n{error}") from None


@contextmanager
def opened(config: Config, *, checked: bool = True) -> Iterator[Store]:
    """The config's database, or Stop when it cannot be used or, if ``checked``, has a problem such as no schema yet."""
    from bot.store.engine import Store, StoreDown

    try:
        store = Store.open(config.store_url)
        try:
            problems = store.check() if checked else ()
            if problems:
                raise Stop("; ".join(problems))
            yield store
        finally:
            store.close()
    except StoreDown as error:
        raise Stop(f"the database cannot be used: {error}") from None
