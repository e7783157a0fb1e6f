"""What decides and remembers, put together from the config: the whole bot but for its edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.board import Board
from bot.catalog import Catalog, command_label
from bot.clock import Clock
from bot.config import Config
from bot.core.shopfront import Shopfront
from bot.people.asides import Asides
from bot.people.desk import Desk
from bot.pipeline import Feed, Pipeline
from bot.rounds.digests import Digests
from bot.rounds.overdue import Overdue
from bot.rounds.quiet import Quiet
from bot.rounds.reroute import Reroute
from bot.rounds.troubles import Troubles
from bot.rounds.upkeep import Upkeep
from bot.store.engine import Store
from bot.store.wishes import folder_of


@dataclass(frozen=True)
class Mind:
    """What decides and remembers, without an edge: enough for a command line verb that only reads or writes rows."""

    store: Store
    catalog: Catalog
    pipeline: Pipeline
    desk: Desk
    overdue: Overdue
    asides: Asides
    upkeep: Upkeep
    troubles: Troubles
    quiet: Quiet
    reroute: Reroute

    def tick(self) -> int:
        """What time brings: due times that passed, alerts looked at again, digests, upkeep, and what Slack refused.

        In the tick that finds the wall clock set, schedules are held: it may be set back before the next. What is
        overdue comes before snoozes that are over, since nobody is to be called twice.
        """
        steady = self.upkeep.steady()
        changed = self.overdue.tick() + self._remind() if steady else 0
        changed += self.reroute.tick() + self.pipeline.tick()
        changed += self.quiet.tick() + self.desk.digests.post_due() if steady else 0
        self.upkeep.tick()
        return changed + self.asides.tick() + self.troubles.tick() + self.desk.agreement.lapse()

    def _remind(self) -> int:
        """Tells of groups of alerts that have stood for long."""
        with self.store.write() as connection:
            return self.pipeline.board.remind(connection)


def mind(config: Config, catalog: Catalog, store: Store, clock: Clock, head_start: timedelta = timedelta(0)) -> Mind:
    """Builds what decides. ``head_start`` is how far back digests are owed to an installation that has just begun."""
    awake, settings = switched(catalog.at(config.house), config)
    feeds = {name: Feed(catalog.sources[each.type], front(config, name)) for name, each in config.sources.items()}
    board = Board(awake, config.house, clock)
    pipeline = Pipeline(store, awake, config.house, feeds, board, clock, settings, folder_of(config.store_url))
    asides = Asides.of(store, board, clock, pipeline.again, settings)
    digests = Digests(store, awake, config.house, clock, settings, head_start)
    known = store, awake, config.house, board, clock, settings
    desk = Desk(*known, hear=pipeline.hear, digests=digests, asides=asides)
    return Mind(
        store,
        awake,
        pipeline,
        desk,
        Overdue(store, config.house, board, clock),
        asides,
        Upkeep(store, clock, folder_of(config.store_url)),
        Troubles(store, config.operations, clock),
        Quiet(store, config.house, board, clock),
        Reroute(store, config.house, board, clock),
    )


def switched(catalog: Catalog, config: Config) -> tuple[Catalog, Mapping[tuple[str, str], Mapping[str, Any]]]:
    """The catalog without what the config switched off, and the settings by kind and name of what is left."""
    given = {
        "rule": config.rules,
        "command": config.commands,
        "action": config.actions,
        "section": config.sections,
        "form": config.forms,
    }
    off = {(kind, name) for kind, named in given.items() for name, setting in named.items() if setting is False}
    settings = {(kind, name): setting for kind, named in given.items() for name, setting in named.items() if setting}
    awake = replace(
        catalog,
        rules={name: each for name, each in catalog.rules.items() if ("rule", name) not in off},
        commands={key: each for key, each in catalog.commands.items() if ("command", command_label(each)) not in off},
        actions={name: each for name, each in catalog.actions.items() if ("action", name) not in off},
        sections={name: each for name, each in catalog.sections.items() if ("section", name) not in off},
        forms={name: each for name, each in catalog.forms.items() if ("form", name) not in off},
    )
    return awake, settings


def front(config: Config, name: str) -> Shopfront:
    """A configured source's place: what it needs to know of itself and of its shop."""
    source = config.sources[name]
    shop = config.house.shops[source.shop]
    return Shopfront(name, shop.name, shop.currency, source.live, source.options)
