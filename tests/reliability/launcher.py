"""Starts real bots: `floorwalker serve` in processes of their own, forked from this one so that a start takes no second.

Run as ``python -m tests.reliability.launcher``. A line on standard input holds a config's path and a log's path; the
answer is the new process's number. All that the bot waits for is ``FASTER`` times as short as usual, so that hundreds
of kills fit into minutes; in proportion nothing changes. Constants are set before whoever copies them is imported.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from functools import partial
from importlib import import_module
from typing import Any

import click

FASTER = 10
SPANS = (
    ("bot.core.dispatch", ("LEASE", "SETTLE")),
    ("bot.core.sweep", ("EVERY", "YOUNG")),
    ("bot.core.carry", ("ATTEMPT", "PROBE_EVERY")),
    ("bot.edge.sweeper", ("_LOOK_EVERY",)),
    ("bot.edge.slack.client", ("TIMEOUT", "_CONNECT")),
    ("bot.edge.slack.outcomes", ("_NO_CONNECTION", "_NO_RETRY_AFTER")),
    ("bot.store.engine", ("IDLE_SECONDS",)),
)
RATES = (("bot.edge.limiter", ("_CHANNEL_BURST", "_CHANNEL_RATE")),)


def hurry() -> None:
    """Shortens every span and raises every rate. Raises AttributeError when one is not there any more."""
    for module, names in SPANS:
        for name in names:
            _change(module, name, lambda span: span / FASTER)
    for module, names in RATES:
        for name in names:
            _change(module, name, lambda rate: rate * FASTER)
    limiter: Any = import_module("bot.edge.limiter")
    limiter._TIERS = {method: tier * FASTER for method, tier in limiter._TIERS.items()}
    client: Any = import_module("bot.edge.slack.client")
    client.SlackClient.open = partial(client.SlackClient.open, seconds=client.TIMEOUT)


def _change(module: str, name: str, how: Any) -> None:
    owner = import_module(module)
    setattr(owner, name, how(getattr(owner, name)))


def bot(config: str, said: str) -> None:
    """Becomes the bot, for as long as it runs."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with open(os.devnull, "rb") as nothing, open(said, "ab") as out:
        os.dup2(nothing.fileno(), 0)
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    from bot.__main__ import main

    main(["serve", "--config", config, "--log-level", "INFO"])


def launch() -> None:
    """Forks a bot for every line, until there are no more."""
    hurry()
    for module in ("bot.__main__", "bot.app", "bot.cli.serve"):
        import_module(module)
    # Nobody waits for the bots here, so the system is to forget them as soon as they are dead.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    click.echo("ready")
    for line in sys.stdin:
        number = os.fork()
        if number == 0:
            bot(*shlex.split(line))
        click.echo(number)


if __name__ == "__main__":
    launch()
