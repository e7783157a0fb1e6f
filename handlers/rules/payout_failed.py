"""Tells when a provider could not pay the shop's money out, to its bank or to others whom it pays."""

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


# To whom the money was to go, and what finance does about it.
_TO_BANK = ("the bank", "checks the bank account with ")
_TO_OTHERS = ("others", "checks the balance and the receivers, and pays again with ")


@rule(about="payout")
def payout_failed(event: PayoutChanged, facts: Facts, *, within_hours: float = 4.0) -> Verdict:
    """Fires when a payout to the shop's bank, or to others whom the shop pays through the provider, failed (critical)
    or was cancelled (high). It clears when it is paid.

    - within_hours: hours in which finance looks into it.
    """
    payout = facts.latest or event
    if payout.status == "paid":
        return Clear(say("The payout arrived"), say(payout.amount, " was paid out, ", Moment(payout.at, "day")))
    if payout.status not in _BROKEN:
        return Quiet(say("The payout is on its way"))
    severity, words = _BROKEN[payout.status]
    provider = say(ShopText(payout.provider.capitalize())) if payout.provider.strip() else say("the provider")
    whom, checks = _TO_OTHERS if payout.to_others else _TO_BANK
    step = Step(say(checks, provider), within=timedelta(hours=within_hours))
    return Fire(
        reason=say("A payout to ", whom, " ", words),
        severity=severity,
        title=say("Payout of ", payout.amount, " to others " if payout.to_others else " ", words),
        views={"finance": View(say("The money stays with ", provider), step, _figures(payout))},
        cost=Cost(MoneyRange(payout.amount, payout.amount), say("The amount of the payout, late rather than lost")),
        as_of=payout.at,
    )


def _figures(payout: PayoutChanged) -> tuple[tuple[str, Line], ...]:
    reason = ("Reason", say(payout.reason) if payout.reason else say("none told"))
    return (reason, ("Was due", say(Moment(payout.arrives, "day")))) if payout.arrives else (reason,)
