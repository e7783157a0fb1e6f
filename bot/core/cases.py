"""The orders of an oversold SKU that cannot be shipped: which they are, what became of each, and how that is told.

A case names orders when it begins and when more units go missing, and follows each until it is shipped, refunded or
cancelled. A named order stays named: stock that comes back in between may go to another one, so it is over for an order
only when something happened to it, and for all of them when there is stock for every order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from bot.core.known import Case, Claim
from bot.core.money import Money
from bot.core.parts import Line, ShopText, join, say
from bot.core.stock import counted

Settled = Literal["refunded", "shipped", "cancelled"]
_SHOWN = 4


def settled(claim: Claim) -> Settled | None:
    """What ended an order's claim, None while it stands.

    It counts as refunded when what went back covers what was charged for the units, or the whole order where nobody
    told that; so an order of which the rest is shipped later is settled too.
    """
    if _covered(claim):
        return "refunded"
    if claim.order.shipped:
        return "shipped"
    return "cancelled" if claim.order.cancelled else None


def _covered(claim: Claim) -> bool:
    back, whole, worth = claim.refunded, claim.order.total, claim.worth
    if back is None or back.currency != whole.currency or back.minor <= 0:
        return False
    charged = worth.minor if worth and worth.currency == whole.currency and worth.minor > 0 else whole.minor
    return back.minor >= min(charged, whole.minor)


def named(case: Case, waiting: Sequence[Claim], missing: int, grown: int) -> tuple[Claim, ...]:
    """The orders of the case, those that were named first, when ``missing`` units do not exist.

    A case that begins names the newest of those ``waiting`` (newest first) that hold so many: who ordered first is
    served first. One that goes on names more only for the units by which what is missing has ``grown``: platforms tell
    of a refund before, after or without the unit that it sets free, and that harms no other order. Nor does a new case
    begin with what is left missing after every order of the one before was settled.
    """
    before = case.claims if case.goes_on else ()
    uncovered = missing - _units(left(before))
    begins = not case.claims or (not case.goes_on and bool(left(case.claims)))
    known = {claim.order.order for claim in before}
    free = [claim for claim in waiting if claim.order.order not in known and settled(claim) is None]
    return (*before, *_holding(free, uncovered if begins else min(uncovered, grown)))


def _holding(claims: Iterable[Claim], units: int) -> Iterator[Claim]:
    """As many of the claims, in their order, as are needed to hold so many units."""
    for claim in claims:
        if units <= 0:
            return
        yield claim
        units -= claim.units


def told_late(claims: Sequence[Claim], late: Claim, missing: int) -> tuple[Claim, ...]:
    """The orders of the case once ``late`` is known, an order that the count of the stock knew before we did.

    An older order that was named in its place, the last one first, is let go where the others hold the missing units
    without it.
    """
    if any(claim.order.order == late.order.order for claim in claims):
        return tuple(claims)
    after = [*claims, late]
    for claim in reversed(left(claims)):
        if claim.order.placed < late.order.placed and _units(left(after)) - claim.units >= missing:
            after.remove(claim)
    replaces, needed = len(after) <= len(claims), _units(left(claims)) < missing
    return tuple(after if replaces or needed else claims)


def _units(claims: Iterable[Claim]) -> int:
    return sum(claim.units for claim in claims)


def left(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """The claims that nothing has ended yet."""
    return tuple(claim for claim in claims if settled(claim) is None)


def went_back(claims: Sequence[Claim]) -> Money | None:
    """What was refunded for the orders in all; None when they are in several currencies, or there are none."""
    currencies = {claim.order.total.currency for claim in claims}
    if len(currencies) != 1:
        return None
    currency = currencies.pop()
    backs = (claim.refunded for claim in claims if claim.refunded and claim.refunded.currency == currency)
    return Money(sum(back.minor for back in backs), currency)


# How it is told.


def names(claims: Sequence[Claim], most: int = _SHOWN) -> Line:
    """Such as "#1003, #1004 and 2 more"."""
    return _listed([say(ShopText(claim.order.number)) for claim in claims], most)


def progress(claims: Sequence[Claim]) -> Line:
    """Such as "3 of 5: #1001 refunded, #1002 shipped, #1003 cancelled"."""
    over = [say(ShopText(claim.order.number), f" {how}") for claim in claims if (how := settled(claim))]
    listed = say(": ", _listed(over, _SHOWN)) if over else ()
    return say(f"{len(over)} of {len(claims)}", listed)


def holding(claims: Sequence[Claim]) -> Line:
    """The claims that still stand, with their units where they are several: "#1004 (2 units), #1005"."""
    return _listed([_held(claim) for claim in left(claims)], _SHOWN)


def _held(claim: Claim) -> Line:
    several = say(" (", counted(claim.units, "unit"), ")") if claim.units > 1 else ()
    return say(ShopText(claim.order.number), several)


def exposed(claims: Sequence[Claim]) -> Line:
    """The claims that still stand, with what was charged for their units: "#1004 €80.00, #1005 €30.00"."""
    return _listed(
        [say(ShopText(claim.order.number), " ", claim.worth or claim.order.total) for claim in left(claims)], _SHOWN
    )


def ended(claims: Sequence[Claim]) -> Line:
    """How many orders ended how, and what went back: "2 refunded, 3 shipped; €210.00 refunded in all"."""
    counts = Counter(how for claim in claims if (how := settled(claim)))
    ways = join([say(f"{counts[how]} {how}") for how in sorted(counts)])
    back = went_back(claims)
    return say(ways, "; ", back, " refunded in all") if back and back.minor > 0 else ways


def _listed(lines: Sequence[Line], most: int) -> Line:
    rest = len(lines) - most
    shown = join(list(lines[:most]))
    return say(shown, f" and {rest} more") if rest > 0 else shown
