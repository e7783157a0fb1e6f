"""Tells when payments of one method fail more often than chance allows, given how often they usually fail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.events import PaymentFailed, PaymentSucceeded, Tick
from bot.core.facts import Latest, Now, PaymentDays, SettingsOfShop, ask, count, total_money
from bot.core.handlers import Inhibits, rule
from bot.core.money import Money
from bot.core.parts import Line, Moment, MoneyRange, Quantity, Share, ShopText, join, say
from bot.core.settings import Shop
from bot.core.surprise import Tally, surprise, usual_rate
from bot.core.verdict import Clear, Cost, Fire, Quiet, Severity, Step, Verdict, View

_NO_RETRY = {"retry": True}


@dataclass(frozen=True)
class Facts:
    """Attempts of the payment method in three windows, and what is usual for it. Retries are left out of the counts."""

    failed_1h: int = count(PaymentFailed, hours=1, leaving_out=_NO_RETRY)
    failed_2h: int = count(PaymentFailed, hours=2, leaving_out=_NO_RETRY)
    failed_6h: int = count(PaymentFailed, hours=6, leaving_out=_NO_RETRY)
    failed_48h: int = count(PaymentFailed, hours=48, leaving_out=_NO_RETRY)
    paid_1h: int = count(PaymentSucceeded, hours=1)
    paid_6h: int = count(PaymentSucceeded, hours=6)
    paid_48h: int = count(PaymentSucceeded, hours=48)
    money_1h: tuple[Money, ...] = total_money(PaymentFailed, "amount", hours=1)
    money_6h: tuple[Money, ...] = total_money(PaymentFailed, "amount", hours=6)
    money_48h: tuple[Money, ...] = total_money(PaymentFailed, "amount", hours=48)
    days: tuple[Tally, ...] = ask(PaymentDays())
    latest: PaymentFailed | None = ask(Latest(PaymentFailed))
    shop: Shop = ask(SettingsOfShop())
    now: datetime = ask(Now())


@dataclass(frozen=True, slots=True)
class _Window:
    """A span of time up to now: what was tried in it and the money that failed."""

    words: str
    seen: Tally
    money: tuple[Money, ...]


def _windows(facts: Facts) -> tuple[_Window, _Window, _Window]:
    return (
        _Window("in the last hour", Tally(facts.failed_1h + facts.paid_1h, facts.failed_1h), facts.money_1h),
        _Window("in 6 hours", Tally(facts.failed_6h + facts.paid_6h, facts.failed_6h), facts.money_6h),
        _Window("in 48 hours", Tally(facts.failed_48h + facts.paid_48h, facts.failed_48h), facts.money_48h),
    )


# How many times the usual rate the next shorter window must show, so that an incident that is over does not speak again
# out of the longer window's memory. An hour holds few attempts and must be clearer.
_GOES_ON = (1.0, 2.5, 1.5)
_SPELT = {"paypal": "PayPal"}
# Severity by the least share that failed, the least surprise and the least failures; the first row that fits.
_SEVERITIES = ((Severity.CRITICAL, 0.5, 6.0, 8), (Severity.HIGH, 0.25, 3.0, 3))


@rule(about="payment_method", inhibits=(Inhibits("payment_failed", "provider"),))
def payment_failures(
    event: PaymentFailed | Tick, facts: Facts, *, level: float = 3.0, least_attempts: int = 10
) -> Verdict:
    """Fires when so many payments of one provider and method failed that chance hardly explains it.

    The last hour, 6 hours and 48 hours are each compared with the method's own rate of the past weeks, which leaves
    out the last day, so that an incident cannot teach itself. At least three failures are needed. A provider's own
    retries of subscriptions do not count. It clears when the last hour is as usual, or nothing failed for two hours.
    While it is open, payment_failed of the same provider is not shown.

    - level: how surprising it must be, as powers of ten: 3 means once in 1,000 times by chance.
    - least_attempts: attempts in a window before it can say that all is well again.
    """
    if facts.latest is None:
        return Quiet(say("No payment failed"))
    usual = usual_rate(facts.days)
    windows = _windows(facts)
    if facts.failed_2h == 0:
        last = say("The last failure was at ", Moment(facts.latest.at, "time"))
        return Clear(say("Nothing failed for two hours"), last)
    if isinstance(event, PaymentFailed) and event.retry:
        return Quiet(say("It is a provider's own retry of a subscription, which tells nothing new"))
    if surprise(windows[0].seen, usual) < level and _calm(windows, usual, least_attempts):
        return Clear(say("Payments fail no more than usual again"), _well(windows, usual, least_attempts))
    worst = _worst(windows, usual, level)
    if worst is None:
        return Quiet(say("The failures are still what chance allows"))
    return _fire(facts, facts.latest, worst, usual)


def _telling(windows: tuple[_Window, ...], least_attempts: int) -> _Window:
    return windows[0] if windows[0].seen.attempts >= least_attempts else windows[1]


def _well(windows: tuple[_Window, ...], usual: float, least_attempts: int) -> Line:
    window = _telling(windows, least_attempts)
    few = say(Quantity(window.seen.failures), " of ", Quantity(window.seen.attempts), " payments")
    return say(few, f" failed {window.words}, usual ", Share(round(usual, 2)))


def _calm(windows: tuple[_Window, ...], usual: float, least_attempts: int) -> bool:
    """Whether the shortest window with enough attempts is as usual: one that is says more than the longer ones."""
    seen = _telling(windows, least_attempts).seen
    return seen.attempts >= least_attempts and seen.rate <= 1.5 * usual


def _worst(windows: tuple[_Window, ...], usual: float, level: float) -> _Window | None:
    """The shortest window that is surprising and goes on: the one before it must be worse than usual as well."""
    recent = windows[0]
    for window, times in zip(windows, _GOES_ON, strict=True):
        if recent.seen.rate > times * usual and surprise(window.seen, usual) >= level:
            return window
        recent = window
    return None


def _fire(facts: Facts, latest: PaymentFailed, window: _Window, usual: float) -> Fire:
    seen = window.seen
    what = _method(latest)
    severity = _severity(seen, surprise(seen, usual))
    few = say(Quantity(seen.failures), " of ", Quantity(seen.attempts), " payments")
    figures = (
        ("Failed", say(few, " ", window.words)),
        ("Usual", say(Share(round(usual, 2)), " of payments")),
        ("Failed amounts", join([say(money) for money in window.money]) or say("none told")),
        ("Last failure", _cause(latest)),
    )
    check = say("checks ", ShopText(_provider(latest.provider)), "'s status and the decline codes")
    impact = say(Share(round(seen.rate, 2)), " of payments failed ", window.words, ", usual ", Share(round(usual, 2)))
    views = {"finance": View(impact, Step(check, within=timedelta(minutes=30)), figures)}
    if severity is Severity.CRITICAL:
        paid_for = say("Visitors who come by advertising may be unable to pay")
        views["marketing"] = View(
            paid_for, Step(say("decides whether to hold paid traffic"), within=timedelta(hours=1))
        )
    return Fire(
        reason=say("So many failures hardly happen by chance"),
        severity=severity,
        title=say(what, ": ", few, " failed (usual ", Share(round(usual, 2)), ")"),
        views=views,
        cost=_cost(window, usual, facts.shop.currency),
        as_of=latest.at,
    )


def _severity(seen: Tally, surprised: float) -> Severity:
    rows = (
        severity
        for severity, share, level, failures in _SEVERITIES
        if seen.rate >= share and surprised >= level and seen.failures >= failures
    )
    return next(rows, Severity.MEDIUM)


def _cost(window: _Window, usual: float, currency: str) -> Cost | None:
    """Failed amounts in the shop's own currency, or in the only one there is; sums over currencies are never made."""
    own = [money for money in window.money if money.currency == currency] or list(window.money)
    if len(own) != 1 or own[0].minor <= 0:
        return None
    beyond = own[0].times(round(max(0.0, 1.0 - usual / window.seen.rate), 2))
    formula = say(
        "Failed amounts ",
        window.words,
        ", from what is beyond the usual rate to all; each attempt of a customer counts",
    )
    return Cost(MoneyRange(beyond, own[0]), formula)


def _method(latest: PaymentFailed) -> Line:
    return say(ShopText(f"{_provider(latest.provider)} {latest.method}".strip()))


def _provider(provider: str) -> str:
    return _SPELT.get(provider, provider.capitalize()) or "Unknown provider"


def _cause(latest: PaymentFailed) -> Line:
    told = latest.reason or ShopText(latest.code)
    return say(told) if told else say("no reason told")
