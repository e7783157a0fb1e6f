"""Mailings (campaigns that go out to lists once), as a poll follows them from their plan to their sending.

Platforms tell nobody of a mailing that is planned, moved or taken back, so a poll reads what is coming and remembers in
its cursor what it has told; only what differs from that is told again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from bot.core.delivery import Unparsable
from bot.core.events import CampaignChanged
from bot.core.options import Option
from bot.core.parts import ShopText
from bot.core.shopfront import Shopfront
from bot.core.wild import Wild, read

State = Literal["scheduled", "sent", "withdrawn"]
_STATES: Final[Mapping[str, State]] = {"scheduled": "scheduled", "sent": "sent", "withdrawn": "withdrawn"}

_Status = Literal["scheduled", "running", "ended", "cancelled"]
_STATUS: Final[Mapping[State, _Status]] = {"scheduled": "scheduled", "sent": "running", "withdrawn": "cancelled"}
_OVER: Final[_Status] = "ended"

DAYS: Final = 3
"""So many days a mailing works by default, after which its campaign is over."""

_OVERLAP: Final = timedelta(minutes=10)
_REMEMBERED: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Mailing:
    """A mailing as its platform has it now; ``starts`` (aware UTC) is when it goes out, or went. ``pages`` are those
    that it links to."""

    id: str
    name: str
    state: State
    starts: datetime
    channel: str = "email"
    audience: int | None = None
    groups: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()

    @property
    def remembered(self) -> Mailing:
        """As it is compared with what was told: without what is asked for only when there is news of it."""
        return replace(self, audience=None, pages=())


@dataclass(frozen=True, slots=True)
class Followed:
    """The mailings that were told, by their ids, and the moment from which on the poll has to look for changes.

    Their audience is left out, since platforms estimate it anew all the time, and so are the pages that they link to.
    """

    since: datetime
    told: Mapping[str, Mailing] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: str, first: datetime) -> Followed:
        """What a cursor says; that nothing was told and changes matter from ``first`` on, when it is none of ours."""
        try:
            kept = read(cursor.encode("utf-8", "replace"))
            told = {mailing.id: mailing for mailing in map(_mailing, kept["told"].list())}
            return cls(kept["since"].moment(), told)
        except Unparsable:
            return cls(first)

    def cursor(self) -> str:
        """The cursor that says this."""
        return json.dumps({"since": self.since.isoformat(), "told": list(map(_row, self.told.values()))})

    def news(self, seen: Iterable[Mailing]) -> tuple[Mailing, ...]:
        """Those that are not as they were told. What was never told need not be withdrawn."""
        return tuple(
            mailing
            for mailing in seen
            if mailing.remembered != self.told.get(mailing.id)
            and (mailing.state != "withdrawn" or mailing.id in self.told)
        )

    def having(self, news: Iterable[Mailing]) -> Followed:
        """The same with these told as well; what was withdrawn is forgotten."""
        told = {**self.told, **{mailing.id: mailing.remembered for mailing in news}}
        return replace(self, told={id: mailing for id, mailing in told.items() if mailing.state != "withdrawn"})

    def unseen(self, seen: Collection[str]) -> tuple[Mailing, ...]:
        """Those that were told as coming and are not among what is coming now: sent, taken back or deleted."""
        return tuple(one for one in self.told.values() if one.state == "scheduled" and one.id not in seen)

    def done(self, now: datetime) -> Followed:
        """What is to be remembered of a run that began ``now`` and came to its end."""
        kept = {
            id: mailing
            for id, mailing in self.told.items()
            if mailing.state == "scheduled" or mailing.starts > now - _REMEMBERED
        }
        return Followed(now - _OVERLAP, kept)


def body_of(mailings: Sequence[Mailing]) -> bytes:
    """Mailings as the body of a delivery, which ``read_mailings`` understands."""
    return json.dumps({"mailings": list(map(_row, mailings))}).encode()


def read_mailings(body: Wild, front: Shopfront, at: datetime) -> tuple[CampaignChanged, ...]:
    """The campaigns of such a body as of ``at``, each over some days (by the option) after its sending. Raises
    Unparsable."""
    return tuple(campaign(_mailing(row), front, at, days_of(front)) for row in body["mailings"].list())


def campaign(mailing: Mailing, front: Shopfront, at: datetime, days: float) -> CampaignChanged:
    """A mailing as a campaign: what was sent goes on working for some days, and that is when its goods are bought."""
    ends = mailing.starts + timedelta(days=days)
    return CampaignChanged(
        **front.by,
        at=at,
        campaign=mailing.id,
        name=ShopText(mailing.name),
        status=_OVER if mailing.state == "sent" and at >= ends else _STATUS[mailing.state],
        starts=mailing.starts,
        ends=ends,
        channel=mailing.channel,
        audience=mailing.audience,
        groups=(*mailing.groups, *mailing.pages),
    )


def _row(mailing: Mailing) -> dict[str, Any]:
    return {
        "id": mailing.id,
        "name": mailing.name,
        "state": mailing.state,
        "starts": mailing.starts.isoformat(),
        "channel": mailing.channel,
        "audience": mailing.audience,
        "groups": list(mailing.groups),
        "pages": list(mailing.pages),
    }


def _mailing(row: Wild) -> Mailing:
    audience = row["audience"]
    return Mailing(
        id=row["id"].id(),
        name=row["name"].text(),
        state=row["state"].among(_STATES),
        starts=row["starts"].moment(),
        channel=row["channel"].id_or("email"),
        audience=audience.int() if audience else None,
        groups=tuple(group.id() for group in row["groups"].each()),
        pages=tuple(page.text() for page in row["pages"].each()),
    )


def days_of(front: Shopfront) -> float:
    """For how many days a mailing works, by the option ``days``."""
    return float(front.options.get("days", DAYS))


def _some_days(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and 0 < value <= 60


DAYS_OPTION: Final[Option] = (_some_days, "a number of days, up to 60")
"""The option ``days`` of a source."""
