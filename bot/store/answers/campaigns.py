"""Answers about campaigns and the stock that they need."""

from __future__ import annotations

import difflib
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, and_, bindparam, or_, select

from bot.core.facts import (
    CampaignOf,
    CampaignsAhead,
    CampaignsFor,
    CampaignsMatching,
    PositionsAhead,
    PositionsInCampaign,
)
from bot.core.known import Campaign, Position
from bot.core.parts import ShopText
from bot.store.answers.stock import positions
from bot.store.engine import Connection
from bot.store.facts import Question, answering
from bot.store.tables.shop import campaign, campaign_sku

LIVE = ("scheduled", "running")
_ONE = select(campaign).where(campaign.c.shop == bindparam("in_shop"), campaign.c.campaign == bindparam("of_campaign"))
_NAMES = (
    select(campaign.c.campaign, campaign.c.name)
    .where(campaign.c.shop == bindparam("in_shop"))
    .order_by(campaign.c.starts.desc(), campaign.c.campaign)
)
_FOR = (
    select(campaign)
    .join(
        campaign_sku, and_(campaign_sku.c.shop == campaign.c.shop, campaign_sku.c.campaign == campaign.c.campaign)
    )
    .where(
        campaign_sku.c.shop == bindparam("in_shop"), campaign_sku.c.sku == bindparam("of_sku"),
        campaign.c.status.in_(LIVE),
    )
    .order_by(campaign.c.starts, campaign.c.campaign)
)  # fmt: skip


@answering(CampaignOf, of_events=True)
def campaign_of(connection: Connection, _query: CampaignOf, question: Question) -> Campaign | None:
    """The subject campaign as last told."""
    found = _found(connection, question.shop.name, question.subject.id)
    return _campaign(found) if found is not None else None


def _found(connection: Connection, shop: str, id: str) -> RowMapping | None:
    return connection.execute(_ONE, {"in_shop": shop, "of_campaign": id}).mappings().first()


@answering(PositionsInCampaign, of_events=True)
def positions_in(connection: Connection, _query: PositionsInCampaign, question: Question) -> tuple[Position, ...]:
    """Positions of its SKUs, in its order; SKUs that the shop does not know are left out."""
    asked = campaign_of(connection, CampaignOf(), question)
    return tuple(positions(connection, question, asked.skus).values()) if asked else ()


@answering(CampaignsFor, of_events=True)
def campaigns_for(connection: Connection, _query: CampaignsFor, question: Question) -> tuple[Campaign, ...]:
    """Campaigns that promote the subject SKU and are not over, next first."""
    names = {"in_shop": question.shop.name, "of_sku": question.subject.id}
    found = connection.execute(_FOR, names).mappings()
    return tuple(told for told in map(_campaign, found) if told.ends is None or told.ends > question.now)


@answering(CampaignsAhead)
def campaigns_ahead(connection: Connection, query: CampaignsAhead, question: Question) -> tuple[Campaign, ...]:
    """Campaigns that run or start within the days, next first."""
    found = connection.execute(ahead(question.shop.name, question.now, query.days)).mappings()
    return tuple(_campaign(row) for row in found)


@answering(CampaignsMatching)
def campaigns_matching(connection: Connection, query: CampaignsMatching, question: Question) -> tuple[Campaign, ...]:
    """Found among all of the shop's campaigns, whose names no database folds as people do."""
    text = question.text.strip().casefold()
    names = {
        row.campaign: row.name.strip().casefold() for row in connection.execute(_NAMES, {"in_shop": question.shop.name})
    }
    same = [id for id, name in names.items() if text in (id.casefold(), name)]
    near = same or [id for id, name in names.items() if text in name]
    if not near:
        alike = difflib.get_close_matches(text, set(names.values()), query.most)
        near = [id for id, name in names.items() if name in alike]
    wanted = near[: query.most] if text else []
    rows = [_found(connection, question.shop.name, id) for id in wanted]
    return tuple(_campaign(row) for row in rows if row is not None)


@answering(PositionsAhead)
def positions_ahead(connection: Connection, query: PositionsAhead, question: Question) -> tuple[Position, ...]:
    """Positions of all their SKUs."""
    told = campaigns_ahead(connection, CampaignsAhead(query.days), question)
    return tuple(positions(connection, question, [sku for each in told for sku in each.skus]).values())


def ahead(shop: str, now: datetime, days: int) -> Select[Any]:
    """Campaigns that run or start within the days. One whose end has passed does not run, whatever was last told."""
    return (
        select(campaign)
        .where(
            campaign.c.shop == shop,
            campaign.c.status.in_(LIVE),
            campaign.c.starts <= now + timedelta(days=days),
            or_(campaign.c.ends.is_(None), campaign.c.ends > now),
        )
        .order_by(campaign.c.starts, campaign.c.campaign)
    )


def _campaign(row: RowMapping) -> Campaign:
    return Campaign(
        campaign=row["campaign"],
        name=ShopText(row["name"]),
        status=row["status"],
        starts=row["starts"],
        ends=row["ends"],
        channel=row["channel"],
        skus=tuple(json.loads(row["skus"])),
        uplift=row["uplift"],
        at=row["at"],
        named=tuple(json.loads(row["named"])),
        audience=row["audience"],
    )
