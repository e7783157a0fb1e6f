"""What is asked of Shopify, in GraphQL (Admin API 2026-07).

Fields are renamed by aliases to the names that they have in Shopify's webhooks, so that one parser reads both. A list
takes its own arguments where it says ``%s``; every list knows the variables ``$after`` and ``$where``.
"""

from __future__ import annotations

from typing import Final

_MORE: Final = "pageInfo { hasNextPage endCursor }"
_SHOP_MONEY: Final = "{ shop_money: shopMoney { amount currency_code: currencyCode } }"


def _list(field: str, arguments: str, nodes: str) -> str:
    """A list at the root: ``field(first: .., after: .., query: ..) { nodes pageInfo }``, its size still open."""
    return f"{field}(first: %s, after: $after, query: $where{arguments}) {{ nodes {{ {nodes} }} {_MORE} }}"


LINES: Final = f"""line_items: lineItems(%s) {{ nodes {{
  sku title variant_title: variantTitle quantity price_set: originalUnitPriceSet {_SHOP_MONEY}
  discount_allocations: discountAllocations {{ amount_set: allocatedAmountSet {_SHOP_MONEY} }} }} {_MORE} }}"""
_PAID_WITH: Final = "payment_details: paymentDetails { " + " ".join(
    f"... on {kind}PaymentDetails {{ {company} payment_method_name: paymentMethodName }}"
    for kind, company in (
        ("Card", "credit_card_company: company"),
        ("LocalPaymentMethods", ""),
        ("PaypalWallet", ""),
        ("ShopPayInstallments", ""),
    )
)
_ORDER: Final = f"""id: legacyResourceId admin_graphql_api_id: id name test currency: currencyCode
  created_at: createdAt updated_at: updatedAt cancelled_at: cancelledAt
  financial_status: displayFinancialStatus fulfillment_status: displayFulfillmentStatus
  total_price_set: totalPriceSet {_SHOP_MONEY} current_total_price_set: currentTotalPriceSet {_SHOP_MONEY}
  total_outstanding_set: totalOutstandingSet {_SHOP_MONEY}
  discount_codes: discountCodes discount_applications: discountApplications(first: 1) {{ nodes {{ index }} }}
  {LINES % "first: 10"}
  transactions(first: 20) {{ admin_graphql_api_id: id kind status gateway test error_code: errorCode
    created_at: createdAt processed_at: processedAt amount_set: amountSet {_SHOP_MONEY} {_PAID_WITH} }} }}
  fulfillments(first: 10) {{ id: legacyResourceId status shipment_status: displayStatus updated_at: updatedAt
    estimated_delivery_at: estimatedDeliveryAt tracking: trackingInfo(first: 1) {{ company }} }}
  payment_terms: paymentTerms {{ payment_schedules: paymentSchedules(first: 5) {{
    nodes {{ due_at: dueAt completed_at: completedAt }} }} }}"""
ORDERS: Final = _list("orders", ", sortKey: UPDATED_AT", _ORDER)

LOCATIONS: Final = _list("locations", ", includeInactive: true, includeLegacy: true", "id: legacyResourceId name")
LEVELS: Final = f"""levels: inventoryLevels(%s) {{ nodes {{
  location {{ id: legacyResourceId }} quantities(names: ["available"]) {{ quantity }} }} {_MORE} }}"""
ITEMS: Final = _list(
    "inventoryItems", "", f"id: legacyResourceId admin_graphql_api_id: id sku tracked {LEVELS % 'first: 20'}"
)

VARIANTS: Final = f"""variants(%s) {{ nodes {{ id: legacyResourceId sku title price inventory_policy: inventoryPolicy
  inventory_quantity: inventoryQuantity inventory_item: inventoryItem {{ id: legacyResourceId }} }} {_MORE} }}"""
_PRODUCT: Final = """admin_graphql_api_id: id title vendor tags handle updated_at: updatedAt
  collections(first: 10) { nodes { handle } }"""
PRODUCTS: Final = _list("products", ", sortKey: UPDATED_AT", f"{_PRODUCT} {VARIANTS % 'first: 20'}")
ITEMS_BY_ID: Final = f"""query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on InventoryItem {{ id: legacyResourceId sku
  variants(first: 1) {{ nodes {{ title price inventory_policy: inventoryPolicy
    product {{ {_PRODUCT} }} }} }} }} }} }}"""

DISPUTES: Final = _list(
    "disputes",
    "",
    """id: legacyResourceId type order { id: legacyResourceId } amount { amount currency: currencyCode }
  reason_details: reasonDetails { reason } status evidence_due_by: evidenceDueBy""",
)
_PAYOUTS: Final = _list(
    "payouts", ", transactionType: DEPOSIT", "id: legacyResourceId status net { amount currency: currencyCode }"
)
PAYOUTS: Final = f"shopifyPaymentsAccount {{ {_PAYOUTS} }}"

_PROMOTED: Final = """{ items { ... on DiscountProducts {
    products(first: 10) { nodes { handle } } productVariants(first: 10) { nodes { sku } } }
  ... on DiscountCollections { collections(first: 10) { nodes { handle } } } } }"""
_DATES: Final = "title status starts_at: startsAt ends_at: endsAt updated_at: updatedAt"
_GETS: Final = f"gets: customerGets {_PROMOTED}"
_BUYS: Final = f"buys: customerBuys {_PROMOTED}"
DISCOUNTS: Final = _list(
    "discountNodes",
    "",
    "admin_graphql_api_id: id discount { "
    + " ".join(
        f"... on Discount{method}{kind} {{ {_DATES} {promoted} }}"
        for kind, promoted in (("Basic", _GETS), ("Bxgy", f"{_GETS} {_BUYS}"), ("FreeShipping", ""), ("App", ""))
        for method in ("Code", "Automatic")
    )
    + " }",
)

HOLDS: Final = _list(
    "fulfillmentOrders",
    "",
    """status updated_at: updatedAt order { id: legacyResourceId name test }
  holds: fulfillmentHolds { reason: displayReason }""",
)

ARRIVING: Final = f"""line_items: lineItems(%s) {{ nodes {{
  item: inventoryItem {{ sku }} remaining: unreceivedQuantity accepted: acceptedQuantity }} {_MORE} }}"""
_SHIPMENT: Final = f"""admin_graphql_api_id: id name status tracking {{ arrives_at: arrivesAt }}
  {ARRIVING % "first: 20"}"""
SHIPMENTS: Final = _list("inventoryShipments", "", _SHIPMENT)
SHIPMENTS_BY_ID: Final = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on InventoryShipment {{ {_SHIPMENT} }} }} }}"

HOOKS: Final = _list("webhookSubscriptions", "", "id topic uri format")
SUBSCRIBE: Final = """mutation($topic: WebhookSubscriptionTopic!, $to: WebhookSubscriptionInput!) {
  made: webhookSubscriptionCreate(topic: $topic, webhookSubscription: $to) { errors: userErrors { message } } }"""
RESUBSCRIBE: Final = """mutation($id: ID!, $to: WebhookSubscriptionInput!) {
  made: webhookSubscriptionUpdate(id: $id, webhookSubscription: $to) { errors: userErrors { message } } }"""


def page(fields: str, size: int) -> str:
    """The query of one page of a list."""
    return f"query($after: String, $where: String) {{ {fields % size} }}"


def rest(kind: str, fields: str) -> str:
    """The query of one more page of a list within a thing of that kind."""
    inner = fields % "first: 100, after: $after"
    return f"query($id: ID!, $after: String) {{ node(id: $id) {{ ... on {kind} {{ {inner} }} }} }}"
