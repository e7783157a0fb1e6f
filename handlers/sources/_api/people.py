"""In which fields the platforms send people, that no parser reads: their values are not stored.

What is cut stands here, and not what is kept, because these bodies are wide, and a field that a parser comes to read
must not be missing. A test sees to it that no parser reads one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.core.delivery import Strip
from bot.core.strip import without

_EVERYWHERE: Final = (
    "email", "email_address", "customer_email", "phone", "telephone", "first_name", "last_name", "firstname",
    "lastname", "full_name", "billing_address", "shipping_address", "customer_note", "user_agent",
)  # fmt: skip

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "shopify": (
        *_EVERYWHERE, "contact_email", "customer", "default_address", "destination", "note", "note_attributes",
        "properties", "client_details", "browser_ip", "credit_card_number", "credit_card_name",
        "credit_card_bin", "receipt", "customer_url",
        "order_status_url", "landing_site", "referring_site", "shop_owner", "address1", "address2", "zip",
    ),
    "stripe": (
        *_EVERYWHERE, "billing_details", "shipping", "shipping_details", "receipt_email", "receipt_url",
        "customer_details", "customer_email_address", "customer_name", "customer_phone", "customer_address",
        "customer_shipping", "customer_tax_ids", "customer_purchase_ip", "collected_information", "custom_fields",
        "evidence", "owner", "address", "billing_zip", "ip_address", "ip_address_location",
        "instructions_email", "hosted_invoice_url", "invoice_pdf",
    ),
    "paypal": (
        *_EVERYWHERE, "payer", "payer_info", "buyer", "subscriber", "shipping", "given_name", "surname", "address",
        "email_subject", "note", "note_to_payer", "messages", "primary_recipients", "receiver",
        "phones", "evidences", "extensions",
    ),
    "woocommerce": (
        *_EVERYWHERE, "billing", "shipping", "customer_ip_address", "customer_user_agent", "username", "meta_data",
        "email_restrictions", "used_by", "avatar_url",
    ),
    "magento": (
        *_EVERYWHERE, "address", "customer_custom_email", "customer_firstname", "customer_lastname",
        "customer_middlename", "customer_dob", "customer_taxvat", "remote_ip", "x_forwarded_for", "cc_owner",
        "cc_last4", "company", "street", "postcode", "vat_id",
    ),
}  # fmt: skip
"""The names of the fields that are cut, by platform."""


def _of(platform: str) -> Strip:
    cut = without(NAMES[platform])
    return lambda delivery: cut(delivery.body)


SHOPIFY, STRIPE, PAYPAL, WOOCOMMERCE, MAGENTO = map(_of, NAMES)
