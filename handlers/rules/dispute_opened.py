"""Tells when a customer's bank disputes a payment, and by when evidence must be in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.events import DisputeChanged, Tick
from bot.core.facts import DisputeOf, FirstSeen, Now, ask
from bot.core.handlers import rule
from bot.core.known import DisputeState
from bot.core.parts import Line, Moment, MoneyRange, ShopText, say
from bot.core.verdict import Clear, Cost, Fire, Quiet, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """The dispute as last told."""

    dispute: DisputeState | None = ask(DisputeOf())
    now: datetime = ask(Now())
    first_seen: datetime | None = ask(FirstSeen())


_ENDED = {
    "answered": "Evidence was submitted",
    "won": "The dispute was won, and the amount comes back",
    "lost": "The dispute was lost, and the amount is gone",
    "closed": "The dispute was closed",
}


@rule(about="dispute")
def dispute_opened(
    event: DisputeChanged | Tick, facts: Facts, *, soon_hours: float = 72.0, urgent_hours: float = 24.0
) -> Verdict:
    """Fires while a dispute waits for evidence, and gets more severe as the provider's deadline comes near.

    One that was open already when its platform was first asked is told from soon_hours on.
    It clears when evidence was submitted, or the dispute was won, lost or closed, and says which.

    - soon_hours: hours before the deadline from which it is high.
    - urgent_hours: hours before the deadline from which it is critical.
    """
    dispute = facts.dispute
    if dispute is None:
        return Quiet(say("Nothing is known of this dispute"))
    if dispute.status != "open":
        return Clear(say(_ENDED.get(dispute.status, "The dispute no longer waits for evidence")))
    left = (dispute.due - facts.now) / timedelta(hours=1) if dispute.due else None
    if facts.first_seen and _can_wait(dispute, facts.first_seen, left, max(soon_hours, urgent_hours)):
        return Quiet(say("It was open already when its platform was first asked, and its deadline is not near"))
    if left is not None and left <= 0:
        return _missed(dispute)
    return _fire(dispute, _severity(left, soon_hours, urgent_hours))


def _can_wait(dispute: DisputeState, first_seen: datetime, left: float | None, soon: float) -> bool:
    """Whether nothing has changed by time since the first look: the deadline is far, unknown, or was missed before."""
    return left is None or left >= soon or (dispute.due is not None and dispute.due <= first_seen)


def _severity(left: float | None, soon: float, urgent: float) -> Severity:
    if left is None or left >= max(soon, urgent):
        return Severity.MEDIUM
    return Severity.CRITICAL if left < urgent else Severity.HIGH


def _fire(dispute: DisputeState, severity: Severity) -> Fire:
    by = say(": answer by ", Moment(dispute.due, "day")) if dispute.due else say(" waits for an answer")
    step = Step(
        say("submits evidence with ", _provider(dispute)),
        within=None if dispute.due else timedelta(days=2),
        by=dispute.due,
    )
    title = say("Dispute over ", dispute.amount, by)
    return _verdict(dispute, severity, title, step, "A dispute waits for evidence")


def _missed(dispute: DisputeState) -> Fire:
    """Nothing can be submitted any more, so nobody is woken; the matter stays until the provider has decided."""
    step = Step(say("accepts the loss, or asks ", _provider(dispute), " for more time"), within=timedelta(days=2))
    title = say("Dispute over ", dispute.amount, ": deadline missed")
    return _verdict(dispute, Severity.MEDIUM, title, step, "The deadline passed without evidence")


def _verdict(dispute: DisputeState, severity: Severity, title: Line, step: Step, reason: str) -> Fire:
    figures = [("Reason", say(dispute.reason) if dispute.reason else say("none told"))]
    if dispute.due:
        figures.append(("Deadline", say(Moment(dispute.due))))
    if dispute.order:
        figures.append(("Order", say(ShopText(dispute.order))))
    impact = say("Without evidence in time ", dispute.amount, " and the fee are lost")
    return Fire(
        reason=say(reason),
        severity=severity,
        title=title,
        views={"finance": View(impact, step, tuple(figures))},
        cost=Cost(
            MoneyRange(dispute.amount, dispute.amount), say("The disputed amount; the provider's fee comes on top")
        ),
        as_of=dispute.at,
    )


def _provider(dispute: DisputeState) -> Line:
    return say(ShopText(dispute.provider.capitalize())) if dispute.provider.strip() else say("the provider")
