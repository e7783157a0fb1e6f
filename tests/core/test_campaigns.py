"""What a campaign promotes, however each platform writes it, and who has the last word on it."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.campaigns import MOST_PAGES, SAID, CampaignMap, Promotes, all_keys, keys, linked, merged, pattern_of
from bot.core.events import CampaignChanged
from bot.core.parts import ShopText
from tests.core.samples import NOW

HOUR = timedelta(hours=1)


def plan(hours: float = 0, source: str = "klaviyo", **fields: Any) -> CampaignChanged:
    given: dict[str, Any] = {
        "campaign": "c-1", "name": ShopText("Spring Sale"), "status": "scheduled", "starts": NOW + 72 * HOUR,
    }  # fmt: skip
    return CampaignChanged(shop="demo", source=source, at=NOW + hours * HOUR, **given | fields)


SAME = [
    ("Summer Sale", "summer-sale"),
    ("Summer Sale", "  SUMMER   sale "),
    ("tag:Wool", "wool"),
    ("Collection: Summer/Autumn", "summer autumn"),
    ("Stra\u00dfe", "STRASSE"),
    ("\u24c8ale", "sale"),
    ("\U0001f525", "\U0001f525 "),
    ("https://shop.example/collections/summer-sale?utm_source=mail", "Summer Sale"),
    ("https://shop.example/product-category/women/tops/", "tops"),
    ("https://shop.example/products/lamp?variant=7#top", "/products/Lamp"),
    ("https://shop.example/collections/summer/products/lamp", "//cdn.example/products/lamp"),
    ("https://shop.example/de-DE/products/lamp", "/products/lamp"),
    ("https://shop.example/product/lamp/", "http://other.example/products/lamp"),
    ("https://shop.example/women/tops/lamp.html", "/lamp.html"),
    ("https://shop.example/products/gro%C3%9Fe%20lampe", "/products/GROSSE LAMPE"),
    ("https://shop.example/summer", "/summer/"),
]
DIFFERENT = [
    ("Summer Sale", "Winter Sale"),
    ("/products/lamp", "lamp"),
    ("/products/lamp", "/products/table"),
    ("/collections/lamp", "/products/lamp"),
    ("https://shop.example/", "https://shop.example"),
    ("https://shop.example/de/", "/en/"),
    ("", "  "),
    ("/p", "/products"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_group_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert keys(one) & keys(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_groups_and_a_front_page_are_not_the_same(one: str, other: str) -> None:
    assert not keys(one) & keys(other)


@given(st.text(max_size=60))
def test_any_text_has_keys_that_do_not_change_when_they_are_read_again(text: str) -> None:
    found = keys(text)
    assert all(found)
    assert len(found) <= 2
    assert keys(text) == found


@given(st.text(alphabet=string.ascii_letters + " -", min_size=1, max_size=20))
def test_case_and_punctuation_never_part_two_names(name: str) -> None:
    assert keys(name.upper()) == keys(name.lower().replace(" ", "-")) or not name.strip(" -")


@given(st.text(alphabet=string.ascii_lowercase + string.digits + "-", min_size=3, max_size=20), st.booleans())
def test_a_product_page_is_found_through_any_collection_host_and_query(handle: str, slash: bool) -> None:
    far = f"https://shop.example/en/collections/all/products/{handle}{'/' if slash else ''}?ref=mail"
    assert keys(far) == keys(f"/products/{handle}")


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ('<a href="https://leaf.example/products/kettle?utm_source=mail&amp;x=1">', ("/product/kettle",)),
        ("Our kettle (https://leaf.example/en/products/Kettle) is new.", ("/product/kettle",)),
        ("https://a.example/products/a https://a.example/collections/x/products/b https://a.example/products/a#top", ("/product/a", "/product/b")),
        ("https://leaf.example/kettle.html", ("/kettle",)),
        ("https://leaf.example https://leaf.example/collections/sale https://leaf.example/product-tag/new/", ()),
        ("mailto:tea@leaf.example *|UNSUB|* https://{{ unsubscribe }}", ()),
        ("", ()),
        (None, ()),
        (["https://leaf.example/products/kettle"], ()),
    ],
)  # fmt: skip
def test_a_mail_leads_to_the_pages_that_it_links_to_but_not_to_lists(text: Any, pages: tuple[str, ...]) -> None:
    assert linked(text) == pages


def test_of_a_catalogue_the_first_pages_count() -> None:
    assert linked(" ".join(f"https://leaf.example/products/{n}" for n in range(99))) == tuple(
        f"/product/{n}" for n in range(MOST_PAGES)
    )


@given(st.lists(st.text(alphabet=string.ascii_letters + "/?#-._ <>\"'", max_size=20), max_size=5))
def test_whatever_a_mail_links_to_is_a_group_with_one_key(ends: list[str]) -> None:
    for page in linked("".join(f"https://{end} " for end in ends)):
        assert keys(page) == {page}


def test_the_keys_of_several_groups_are_all_of_them() -> None:
    assert all_keys(("Wool", "/products/lamp")) == {"wool", "/product/lamp"}
    assert all_keys(()) == frozenset()


MAP = CampaignMap((Promotes("spring*", ("A", "B")), Promotes("c-1", ("B", "C")), Promotes("Newsletter", ("D",))))


@pytest.mark.parametrize(
    ("told", "skus"),
    [
        (plan(), ("A", "B", "C")),
        (plan(campaign="c-2"), ("A", "B")),
        (plan(campaign="c-2", name=ShopText("Autumn"), groups=(" newsletter ",)), ("D",)),
        (plan(campaign="c-2", name=ShopText("Autumn")), ()),
    ],
)
def test_the_config_knows_a_campaign_by_its_name_its_id_or_a_group(
    told: CampaignChanged, skus: tuple[str, ...]
) -> None:
    assert MAP.skus(told) == skus


def said(hours: float, **fields: Any) -> CampaignChanged:
    return plan(hours, SAID, **fields)


def test_without_the_other_one_a_plan_is_what_its_only_teller_told() -> None:
    assert merged(plan(skus=("A",)), None) == plan(skus=("A",))
    assert merged(None, said(1)) == said(1)
    with pytest.raises(ValueError, match="nobody"):
        merged(None, None)


@pytest.mark.parametrize(
    ("told", "heard", "skus"),
    [
        (plan(0), said(1, skus=("A",)), ("A",)),
        (plan(2), said(1, skus=("A",)), ("A",)),
        (plan(2, skus=("B",)), said(1, skus=("A",)), ("B",)),
        (plan(0, skus=("B",)), said(1, skus=("A",)), ("A",)),
        (plan(1, skus=("B",)), said(1, skus=("A",)), ("A",)),
        (plan(0, skus=("B",)), said(1), ()),
    ],
)
def test_what_a_person_named_stays_until_the_platform_names_skus_later(
    told: CampaignChanged, heard: CampaignChanged, skus: tuple[str, ...]
) -> None:
    assert merged(told, heard).skus == skus


def test_the_newer_word_says_when_and_how_and_what_it_leaves_out_stays() -> None:
    told = plan(2, status="running", channel="email", groups=("wool",))
    heard = said(1, name=ShopText("Wool week"), channel="sms", uplift=3.0, audience=900, skus=("A",))
    both = merged(told, heard)
    assert (both.status, both.name.text, both.channel, both.at) == ("running", "Spring Sale", "email", told.at)
    assert (both.uplift, both.audience, both.groups, both.skus) == (3.0, 900, ("wool",), ("A",))
    later = merged(replace(told, at=NOW), heard)
    assert (later.name.text, later.channel, later.groups) == ("Wool week", "sms", ("wool",))
    assert merged(plan(0, uplift=2.0, audience=5), said(1)).uplift == 2.0


def state(hours: float, status: Any, **fields: Any) -> CampaignChanged:
    return plan(hours, status=status, name=ShopText("Subject"), state_only=True, **fields)


def test_a_word_of_its_state_alone_leaves_the_rest_of_the_plan_as_it_was_told() -> None:
    told = plan(0, groups=("wool",), audience=900)
    began = state(1, "running", starts=NOW + HOUR, ends=NOW + 9 * HOUR)
    assert merged(told, None, began) == replace(
        told, at=began.at, status="running", starts=began.starts, ends=began.ends
    )
    assert merged(told, None, state(1, "cancelled", starts=NOW + HOUR)) == replace(
        told, at=NOW + HOUR, status="cancelled"
    )
    assert merged(plan(2, groups=("wool",)), None, began) == plan(2, groups=("wool",))
    assert merged(None, None, began) == began
    assert merged(told, said(0.5, skus=("A",)), began).skus == ("A",)


@given(st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_the_moment_of_a_plan_is_that_of_its_newest_word(told: int, heard: int, named: bool) -> None:
    both = merged(plan(told, skus=("A",) if named else ()), said(heard))
    assert both.at == NOW + max(told, heard) * HOUR


@pytest.mark.parametrize(
    ("pattern", "group"),
    [
        ("Summer *", "Summer Sale"),
        ("*sale", "tag: Summer Sale"),
        ("tag: summer_sale", "Summer-Sale"),
        ("ÄRMEL*", "ärmel lang"),
        ("*", "anything"),
    ],
)
def test_a_pattern_is_spelt_as_the_keys_that_it_is_to_find(pattern: str, group: str) -> None:
    assert any(fnmatchcase(key, pattern_of(pattern)) for key in keys(group))


@given(st.text(max_size=30))
def test_a_group_is_found_by_its_own_name(name: str) -> None:
    text = name.replace("*", "").replace("/", " ").replace("?", " ").replace("[", " ")
    assert keys(f"x {text}") == {pattern_of(f"x {text}")} or not keys(f"x {text}")
