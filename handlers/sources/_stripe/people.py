"""In which fields Stripe sends people, that no parser reads: their values are not stored."""

from __future__ import annotations

from typing import Final

from bot.core.strip import PEOPLE

CUT: Final = (
    *PEOPLE, "billing_details", "shipping", "shipping_details", "receipt_email", "receipt_url",
    "customer_details", "customer_email_address", "customer_name", "customer_phone", "customer_address",
    "customer_shipping", "customer_tax_ids", "customer_purchase_ip", "collected_information", "custom_fields",
    "evidence", "owner", "address", "billing_zip", "ip_address", "ip_address_location",
    "instructions_email", "hosted_invoice_url", "invoice_pdf",
)  # fmt: skip
