"""A customer who exists nowhere else: put wherever the platforms put customers, and looked for wherever one might end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

FIXTURES = Path(__file__).parents[2] / "fixtures"
PERSON = {
    "first": "Canariana",
    "last": "Vogelsangerin",
    "email": "canariana.v@mailbird.example",
    "phone": "+4930555019934",
    "street": "Kanarienweg 4711b",
    "city": "Vogelhausen-Nord",
    "zip": "Q9Z-8XW",
    "card": "4242878742428787",
    "last4": "8787",
    "ip": "203.0.113.199",
    "agent": "CanaryBrowser/77.1",
    "note": "please ring twice at the birdcage",
    "vat": "DE999888777",
    "birthday": "1971-02-28",
}
# Four digits may stand anywhere by chance; the whole number that ends with them is looked for.
WORDS = tuple(word for name, word in PERSON.items() if name != "last4")
_FOUND = re.compile("|".join(re.escape(word) for word in WORDS), re.IGNORECASE)

_NAME = f"{PERSON['first']} {PERSON['last']}"
_ADDRESS = {
    "first_name": PERSON["first"], "last_name": PERSON["last"], "name": _NAME, "address1": PERSON["street"], "city": PERSON["city"],
    "zip": PERSON["zip"], "phone": PERSON["phone"], "company": PERSON["vat"], "latitude": 52.5, "longitude": 13.4,
}  # fmt: skip
SHOPIFY = {
    "email": PERSON["email"], "contact_email": PERSON["email"], "phone": PERSON["phone"], "note": PERSON["note"], "browser_ip": PERSON["ip"],
    "note_attributes": [{"name": "birthday", "value": PERSON["birthday"]}],
    "client_details": {"browser_ip": PERSON["ip"], "user_agent": PERSON["agent"]},
    "customer": {
        "id": 990017, "first_name": PERSON["first"], "last_name": PERSON["last"], "email": PERSON["email"], "phone": PERSON["phone"],
        "default_address": _ADDRESS, "note": PERSON["note"], "tax_exemptions": [PERSON["vat"]],
    },
    "billing_address": _ADDRESS, "shipping_address": _ADDRESS,
    "receipt": {"cardholder": _NAME, "card": PERSON["card"]},
}  # fmt: skip
_PAID = {"credit_card_number": PERSON["card"], "credit_card_name": _NAME, "credit_card_bin": PERSON["card"][:6]}
_DETAILS = {"name": _NAME, "email": PERSON["email"], "phone": PERSON["phone"], "address": {"line1": PERSON["street"], "city": PERSON["city"], "postal_code": PERSON["zip"]}}  # fmt: skip
STRIPE = {
    "billing_details": _DETAILS, "shipping": _DETAILS, "receipt_email": PERSON["email"], "customer_email": PERSON["email"],
    "customer_name": _NAME, "customer_phone": PERSON["phone"], "customer_address": _DETAILS["address"], "description": PERSON["note"],
    "source": {"owner": _DETAILS, "number": PERSON["card"]}, "evidence": {"customer_name": _NAME, "customer_purchase_ip": PERSON["ip"]},
    "customer_tax_ids": [{"value": PERSON["vat"]}],
}  # fmt: skip


WOOCOMMERCE = {
    "billing": _ADDRESS | {"email": PERSON["email"]}, "shipping": _ADDRESS, "customer_note": PERSON["note"],
    "customer_ip_address": PERSON["ip"], "customer_user_agent": PERSON["agent"],
    "meta_data": [{"key": "vat", "value": PERSON["vat"]}],
}  # fmt: skip
KLAVIYO = {
    "$email": PERSON["email"], "Email": PERSON["email"], "IP": PERSON["ip"], "User Agent": PERSON["agent"],
    "profile": {"first_name": PERSON["first"], "phone_number": PERSON["phone"], "location": _ADDRESS},
    PERSON["email"]: PERSON["birthday"],
}  # fmt: skip
MAILCHIMP = {
    "email": PERSON["email"], "new_email": PERSON["email"], "ip_opt": PERSON["ip"], "merges][EMAIL": PERSON["email"],
    "merges][FNAME": PERSON["first"], "merges][ADDRESS][city": PERSON["city"], "merges][PHONE": PERSON["phone"],
}  # fmt: skip


def bodies() -> Iterator[tuple[str, str, bytes]]:
    """Source, topic and body of every fixture, with the customer in it; and broken ones, which are set aside."""
    for source in ("shopify", "stripe", "generic", "woocommerce", "klaviyo"):
        for path in sorted((FIXTURES / source).glob("*.json")):
            topic, body = path.stem.replace("__", "/"), json.loads(path.read_bytes())
            if topic == "mapped" or isinstance(body, list):
                continue
            whole = _with_customer(source, body)
            yield source, topic, json.dumps(whole).encode()
            if source != "generic":
                broken = {"id": {"broken": PERSON["email"]}, "data": {"object": PERSON}}
                yield source, topic, json.dumps(whole | broken).encode()
    for path in sorted((FIXTURES / "mailchimp").glob("*.form")):
        fields = {f"data[{name}]": value for name, value in MAILCHIMP.items()}
        yield "mailchimp", path.stem, urlencode(dict(parse_qsl(path.read_text())) | fields).encode()


def _with_customer(source: str, body: dict[str, Any]) -> dict[str, Any]:
    match source:
        case "shopify":
            paid = {"payment_details": body["payment_details"] | _PAID} if body.get("payment_details") else {}
            return body | SHOPIFY | paid
        case "stripe":
            thing = body["data"]["object"]
            paid = thing.get("payment_method_details")
            card = (
                {"payment_method_details": paid | {"card": {"last4": PERSON["last4"], "number": PERSON["card"]}}}
                if paid
                else {}
            )
            return body | {"data": body["data"] | {"object": thing | STRIPE | card}}
        case "woocommerce":
            return body | WOOCOMMERCE
        case "klaviyo":
            for row in body["data"]:
                row["payload"]["data"]["attributes"]["event_properties"] |= KLAVIYO
                row["payload"]["included"] = [{"type": "profile", "attributes": KLAVIYO}]
            return body
        case _:
            return (
                body | {"customer": PERSON, "data": body["data"] | {"customer_note": PERSON["note"]}}
                if "data" in body
                else body | {"customer": PERSON}
            )


def found_in(text: str) -> list[str]:
    """Every mark of the customer in a text."""
    return _FOUND.findall(text)
