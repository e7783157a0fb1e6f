"""In which fields WooCommerce sends people, that no parser reads: their values are not stored."""

from __future__ import annotations

from typing import Final

from bot.core.strip import PEOPLE

CUT: Final = (
    *PEOPLE, "billing", "shipping", "customer_ip_address", "customer_user_agent", "username", "meta_data",
    "email_restrictions", "used_by", "avatar_url",
)  # fmt: skip
