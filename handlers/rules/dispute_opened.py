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


# What is said of the dispute before and after its amount, and the share of it that is lost, if that is known by then.
_ENDED: dict[str, tuple[str, str, int | None]] = {
    "answered": ("Evidence was submitted for ", "; how it is decided will be told here", None),
    "won": ("The dispute was won: ", " comes back", 0),
    "lost": ("The dispute was lost: ", " is gone, and the fee with it", 1),
    "closed": ("The dispute over ", " was closed", None),
}
_OTHERWISE = ("The dispute over ", " no longer waits for evidence", None)


@rule(about="dispute")
def dispute_opened(
    event: DisputeChanged | Tick, facts: Facts, *, soon_hours: float = 72.0, urgent_hours: float = 24.0
) -> Verdict:
    """Fires while a dispute waits for evidence, and gets more severe as the provider's deadline comes near.

    One that was open already when its platform was first asked is told from soon_hours on.
    It clears when evidence was submitted, or the dispute was won, lost or closed, and says which; and when the deadline
    passed without evidence, since nothing can be done any more. How the bank decides is told beside that.

    - soon_hours: hours before the deadline from which it is high.
    - urgent_hours: hours before the deadline from which it is critical.
    """
    dispute = facts.dispute
    if dispute is None:
        return Quiet(say("Nothing is known of this dispute"))
    if dispute.status != "open":
        return _ended(dispute)
    if dispute.due and dispute.due <= facts.now:
        return _missed(dispute, dispute.due)
    left = (dispute.due - facts.now) / timedelta(hours=1) if dispute.due else None
    if facts.first_seen and (left is None or left >= max(soon_hours, urgent_hours)):
        return Quiet(say("It was open already when its platform was first asked, and its deadline is not near"))
    return _fire(dispute, _severity(left, soon_hours, urgent_hours))


def _ended(dispute: DisputeState) -> Clear:
    before, after, share = _ENDED.get(dispute.status, _OTHERWISE)
    loss = dispute.amount.times(share) if share is not None else None
    return Clear(say("The dispute no longer waits for evidence"), say(before, dispute.amount, after), loss)


def _missed(dispute: DisputeState, due: datetime) -> Clear:
    """Nothing can be submitted any more; if the bank should decide for the shop all the same, that is told then."""
    passed = say("The deadline passed on ", Moment(due, "day"), " without evidence")
    note = say(passed, ": the chance to keep ", dispute.amount, " is lost")
    return Clear(say("The deadline passed without evidence"), note, dispute.amount)


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
    impact = say("Without evidence in time ", dispute.amount, " and the fee are lost")
    return Fire(
        reason=say("A dispute waits for evidence"),
        severity=severity,
        title=title,
        views={"finance": View(impact, step, _figures(dispute))},
        cost=Cost(
            MoneyRange(dispute.amount, dispute.amount), say("The disputed amount; the provider's fee comes on top")
        ),
        as_of=dispute.at,
    )


def _figures(dispute: DisputeState) -> tuple[tuple[str, Line], ...]:
    figures = [("Reason", say(dispute.reason) if dispute.reason else say("none told"))]
    if dispute.due:
        figures.append(("Deadline", say(Moment(dispute.due))))
    if dispute.order:
        figures.append(("Order", say(ShopText(dispute.order))))
    return tuple(figures)


def _provider(dispute: DisputeState) -> Line:
    return say(ShopText(dispute.provider.capitalize())) if dispute.provider.strip() else say("the provider")
