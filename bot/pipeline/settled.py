"""With which settings a rule is asked about a subject: the config's, and the exceptions to them that hold for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from bot.catalog import Catalog
from bot.catalog.settings import BadSettings
from bot.core.exceptions import RuleException, Settled, asks_labels, meant, settle
from bot.core.handlers import Rule
from bot.store.engine import Connection
from bot.store.facts import Question
from bot.store.labels import labels

log = structlog.get_logger()


def settled(
    connection: Connection,
    catalog: Catalog,
    rule: Rule,
    question: Question,
    standing: tuple[RuleException, ...],
    base: Mapping[str, Any],
) -> Settled:
    """The settings for the subject of the question. Nothing is looked up where no exception asks for it."""
    mine = tuple(each for each in standing if each.rule == rule.name)
    if not mine:
        return Settled(base)
    shop, subject = question.shop.name, question.subject
    groups = labels(connection, shop, subject).groups if asks_labels(mine, rule.name) else ()
    hold = meant(mine, rule.name, shop, subject, groups, question.now)
    return settle(base, [pair for each in hold for pair in _read(catalog, each)])


def _read(catalog: Catalog, each: RuleException) -> list[tuple[RuleException, Mapping[str, Any] | None]]:
    """The exception with its settings as the rule takes them; none at all where the rule has other settings by now."""
    if each.given is None:
        return [(each, None)]
    try:
        return [(each, catalog.settings("rule", each.rule, dict(each.given)))]
    except BadSettings as misfit:
        log.warning("exception_left_out", exception=each.name, rule=each.rule, why=str(misfit))
        return []
