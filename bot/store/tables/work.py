"""Tables of the bot's own work: alerts and their log, decisions, posts, slots, lanes and small notes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.store.tables.types import BigId, Instant


class AlertRow(SQLModel, table=True):
    """An alert. ``body`` is the whole of it as JSON; the columns are what it is looked up and listed by."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("shop", "rule", "about", "subject", "episode", name="uq_alert_episode"),
        Index("ix_alert_open", "open", "shop", "rule"),
        Index("ix_alert_subject", "shop", "about", "subject", "open"),
        Index("ix_alert_opened", "shop", "opened_at"),
        Index("ix_alert_remind", "remind_at"),
    )

    number: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    shop: str
    rule: str
    about: str
    subject: str
    episode: int
    state: str
    severity: int
    version: int
    open: bool
    opened_at: datetime = Field(sa_type=Instant)
    resolved_at: datetime | None = Field(default=None, sa_type=Instant)
    snoozed_until: datetime | None = Field(default=None, sa_type=Instant)
    recheck_at: datetime | None = Field(default=None, sa_type=Instant)
    remind_at: datetime | None = Field(default=None, sa_type=Instant)
    body: str


class AlertLog(SQLModel, table=True):
    """What happened to an alert, line by line."""

    __tablename__ = "alert_log"
    __table_args__ = (Index("ix_alert_log_number", "number", "id"), Index("ix_alert_log_at", "at"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    number: int = Field(sa_type=BigId)
    at: datetime = Field(sa_type=Instant)
    change: str
    actor: str
    reason: str
    event: str = ""
    """The kind of event and its source on which a rule changed the alert; "" where a person or time did."""
    facts: str = ""
    """The facts on which it did, as label and value in JSON."""


class Placing(SQLModel, table=True):
    """Where a department's view of an alert goes by which route ("" for nowhere), and what keeps it from showing."""

    __tablename__ = "placing"

    number: int = Field(primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False})
    department: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    reason: str
    muted: str
    at: datetime = Field(sa_type=Instant)


class DecisionRow(SQLModel, table=True):
    """The latest decision of a rule on a subject, since when it is the same, and how often it was made."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("ix_decision_subject", "shop", "subject"),
        Index("ix_decision_number", "number"),
        Index("ix_decision_at", "at"),
    )

    shop: str = Field(primary_key=True)
    rule: str = Field(primary_key=True)
    about: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    verdict: str
    reason: str
    facts: str
    at: datetime = Field(sa_type=Instant)
    since: datetime = Field(sa_type=Instant)
    times: int
    number: int | None = Field(default=None, sa_type=BigId)


class PostRow(SQLModel, table=True):
    """A message that ought to exist in a channel.

    ``look_at`` is when somebody should look at it next: when it is due, or when the lease of whoever works on it
    ends; None when nothing is left to do. ``check_at`` is when it must be read back. ``alert`` is the number of the
    alert it shows.
    """

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("channel", "key", name="uq_post_key"),
        Index("ix_post_look", "look_at"),
        Index("ix_post_lease", "lease_until"),
        Index("ix_post_state", "state"),
        Index("ix_post_alert", "alert"),
        Index("ix_post_created", "created_at"),
        Index("ix_post_check", "check_at"),
        Index("ix_post_attempt", "channel", "last_attempt_at"),
    )

    id: str = Field(primary_key=True)
    channel: str
    key: str
    state: str
    wanted: int
    shown: int = 0
    ts: str | None = None
    thread: str = ""
    urgency: int = 0
    due_at: datetime = Field(sa_type=Instant)
    look_at: datetime | None = Field(default=None, sa_type=Instant)
    attempts: int = 0
    epoch: int = 0
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    first_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    last_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    limited_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    reason: str = ""
    check_at: datetime | None = Field(default=None, sa_type=Instant)
    checked_at: datetime | None = Field(default=None, sa_type=Instant)
    resent: int = 0
    rootless: bool = False
    generation: int = 0
    awaited: bool = False
    alert: int | None = Field(default=None, sa_type=BigId)
    message: str | None = None


class SlotRow(SQLModel, table=True):
    """A slot of a schedule that somebody has taken."""

    __tablename__ = "slot"
    __table_args__ = (Index("ix_slot_claimed", "claimed_at"),)

    schedule: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    due: datetime = Field(sa_type=Instant)
    claimed_at: datetime = Field(sa_type=Instant)


class Watermark(SQLModel, table=True):
    """Up to when a schedule's slots have been seen to."""

    __tablename__ = "watermark"

    schedule: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant)


class Lane(SQLModel, table=True):
    """A queue in which one worker works at a time; its row is what they lock."""

    __tablename__ = "lane"

    name: str = Field(primary_key=True)


class SilenceRow(SQLModel, table=True):
    """What is silent, until when, by whom and why. ``ended`` says that what it kept quiet was looked at again."""

    __tablename__ = "silence"
    __table_args__ = (Index("ix_silence_until", "until"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    rule: str
    subject: str
    shop: str
    until: datetime = Field(sa_type=Instant)
    by: str
    reason: str
    created: datetime = Field(sa_type=Instant)
    ended: bool


class RuleExceptionRow(SQLModel, table=True):
    """An exception to a rule that a member set. ``given`` are its settings in JSON, "" when it switches the rule off.

    ``ended`` says that it holds no more. ``reached`` is the SKU up to which what it is about was decided on anew since
    it was set or ended, "" for none so far, None once that is done.
    """

    __tablename__ = "rule_exception"
    __table_args__ = (Index("ix_rule_exception_ended", "ended", "until"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    shop: str
    rule: str
    level: str
    pattern: str
    given: str
    reason: str
    by: str
    created: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(default=None, sa_type=Instant)
    ended: bool
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    reached: str | None = None


class NoteRow(SQLModel, table=True):
    """A small named value."""

    __tablename__ = "note"

    name: str = Field(primary_key=True)
    value: str


_tables = SQLModel.metadata.tables
alert = _tables["alert"]
silence = _tables["silence"]
rule_exception = _tables["rule_exception"]
alert_log = _tables["alert_log"]
placing = _tables["placing"]
decision = _tables["decision"]
post = _tables["post"]
slot = _tables["slot"]
watermark = _tables["watermark"]
lane = _tables["lane"]
note = _tables["note"]
