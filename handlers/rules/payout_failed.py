"""Tells when money that a provider was to pay out did not arrive: at the bank, at others, or at a customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.core.events import PayoutChanged
from bot.core.facts import Latest, ask
from bot.core.handlers import rule
from bot.core.parts import Line, Moment, MoneyRange, ShopText, say
from bot.core.verdict import Clear, Cost, Fire, Quiet, Severity, Step, Verdict, View


@dataclass(frozen=True)
class Facts:
    """The newest telling of the payout, which need not be the one that just arrived."""

    latest: PayoutChanged | None = ask(Latest(PayoutChanged))


_BROKEN = {"failed": (Severity.CRITICAL, "failed"), "canceled": (Severity.HIGH, "was cancelled")}


@dataclass(frozen=True, slots=True)
class _Way:
    """To whom money was to go: how people call that, what follows when it fails, and what finance does then. The
    provider's name is added to the last two."""

    name: str
    whom: str
    impact: str
    step: str


_WAYS = {
    "bank": _Way("Payout", "the bank", "The money stays with ", "checks the bank account with "),
    "others": _Way(
        "Payout", "others", "The money stays with ", "checks the balance and the receivers, and pays again with "
    ),
    "customer": _Way(
        "Refund",
        "a customer",
        "The customer waits for money that is back with ",
        "pays the customer in another way than by ",
    ),
}


@rule(about="payout")
def payout_failed(event: PayoutChanged, facts: Facts, *, within_hours: float = 4.0) -> Verdict:
    """Fires when a payout to the shop's bank, or to others whom the shop pays through the provider, or a refund failed
    (critical) or was cancelled (high). It clears when it is paid.

    - within_hours: hours in which finance looks into it.
    """
    payout = facts.latest or event
    if payout.status == "paid":
        return Clear(say("The payout arrived"), say(payout.amount, " was paid out, ", Moment(payout.at, "day")))
    if payout.status not in _BROKEN:
        return Quiet(say("The payout is on its way"))
    way, (severity, words) = _WAYS[payout.to], _BROKEN[payout.status]
    provider = say(ShopText(payout.provider.capitalize())) if payout.provider.strip() else say("the provider")
    step = Step(say(way.step, provider), within=timedelta(hours=within_hours))
    return Fire(
        reason=say(f"A {way.name.lower()} to {way.whom} {words}"),
        severity=severity,
        title=say(f"{way.name} of ", payout.amount, f" {words}" if payout.to == "bank" else f" to {way.whom} {words}"),
        views={"finance": View(say(way.impact, provider), step, _figures(payout))},
        cost=Cost(MoneyRange(payout.amount, payout.amount), say("The amount of the payout, late rather than lost")),
        as_of=payout.at,
    )


def _figures(payout: PayoutChanged) -> tuple[tuple[str, Line], ...]:
    reason = ("Reason", say(payout.reason) if payout.reason else say("none told"))
    return (reason, ("Was due", say(Moment(payout.arrives, "day")))) if payout.arrives else (reason,)
