"""In which fields Shopify sends people, that no parser reads: their values are not stored."""

from __future__ import annotations

from typing import Final

from bot.core.strip import PEOPLE

CUT: Final = (
    *PEOPLE, "contact_email", "customer", "default_address", "destination", "note", "note_attributes",
    "properties", "client_details", "browser_ip", "credit_card_number", "credit_card_name",
    "credit_card_bin", "receipt", "customer_url",
    "order_status_url", "landing_site", "referring_site", "shop_owner", "address1", "address2", "zip",
)  # fmt: skip
