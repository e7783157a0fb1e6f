"""In which fields Magento sends people, that no parser reads: their values are not stored."""

from __future__ import annotations

from typing import Final

from bot.core.strip import PEOPLE

CUT: Final = (
    *PEOPLE, "address", "customer_custom_email", "customer_firstname", "customer_lastname",
    "customer_middlename", "customer_dob", "customer_taxvat", "remote_ip", "x_forwarded_for", "cc_owner",
    "cc_last4", "company", "street", "postcode", "vat_id",
)  # fmt: skip
