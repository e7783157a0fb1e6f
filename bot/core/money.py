"""Money: integer minor units and an ISO 4217 currency, never a float, never a sum over currencies."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Literal

# ISO 4217 minor units where they are not two. Platforms that count otherwise (Stripe's ISK) convert in their source.
_ZERO = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "UYI",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
)
_THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_EXPONENTS = dict.fromkeys(_ZERO, 0) | dict.fromkeys(_THREE, 3)


def exponent(currency: str) -> int:
    """Number of decimals of a currency's minor unit by ISO 4217: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency.upper(), 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) of one currency. Adding another currency raises ValueError."""

    minor: int
    currency: str
    kind: Literal["money"] = "money"

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def times(self, factor: float) -> Money:
        """The amount times a factor, rounded half to even to whole minor units."""
        exact = Decimal(self.minor) * Decimal(str(factor))
        return Money(int(exact.to_integral_value(ROUND_HALF_EVEN)), self.currency)

    def decimal(self) -> Decimal:
        """The amount in major units: Money(1250, "EUR") is 12.50."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return other


def from_decimal(amount: str | int | Decimal, currency: str) -> Money:
    """Money from a decimal in major units ("12.50", "EUR"), as shop platforms send it.

    Raises ValueError when the text is no finite number of at most 18 digits or the currency no three letters.
    """
    code = currency.upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise ValueError(f"{currency!r} is not a currency")
    try:
        value = Decimal(amount)
    except InvalidOperation:
        raise ValueError(f"{amount!r} is not an amount") from None
    if not value.is_finite() or value.adjusted() > 15 or (value.adjusted() < -18 and value != 0):
        raise ValueError(f"{amount!r} is not an amount")
    return Money(int(value.scaleb(exponent(code)).to_integral_value(ROUND_HALF_EVEN)), code)
