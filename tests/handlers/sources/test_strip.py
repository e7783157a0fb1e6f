"""What of a delivery is stored: the same events can be read from it, and nobody can be found in it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core import strip as stripping
from bot.core.delivery import Delivery, Unparsable, Unrouted
from bot.core.events import Event
from bot.core.shopfront import Shopfront
from tests.handlers.sources.conduct import ROOT, SUBJECTS, Subject, loose, packed

# The fields that are cut, by the platforms that cut them.
CUT = {
    folder.name.removeprefix("_"): import_module(f"handlers.sources.{folder.name}.people").CUT
    for folder in sorted((ROOT / "handlers/sources").glob("_*"))
    if (folder / "people.py").exists()
}

STRIPPING = [subject for subject in SUBJECTS if subject.source.strip]
EACH = pytest.mark.parametrize("subject", STRIPPING, ids=[subject.name for subject in STRIPPING])
MARK = "canariana.v@mailbird.example"


def stored(subject: Subject, delivery: Delivery) -> Delivery:
    assert subject.source.strip is not None
    return replace(delivery, body=subject.source.strip(delivery))


def told(subject: Subject, delivery: Delivery, front: Shopfront) -> tuple[Event, ...] | type[Exception]:
    try:
        return subject.source.parse(delivery, front)
    except (Unparsable, Unrouted) as error:
        return type(error)


def everything(subject: Subject) -> Iterator[tuple[Delivery, Shopfront]]:
    for topic, body in (*subject.webhooks.items(), *subject.sent(1).items()):
        for options in subject.every_options:
            yield subject.deliver(topic, body), subject.front(topic, options=options)
    for topic, body in subject.polled.items():
        yield subject.hear(topic, body), subject.front(topic)


def test_every_platform_that_sends_people_is_stripped() -> None:
    assert {subject.name for subject in SUBJECTS} - {subject.name for subject in STRIPPING} == {"generic"}


@EACH
def test_what_is_stored_tells_the_same(subject: Subject) -> None:
    for delivery, front in everything(subject):
        kept = stored(subject, delivery)
        assert told(subject, kept, front) == told(subject, delivery, front)
        assert stored(subject, kept) == kept


@EACH
def test_no_fixture_s_customer_is_stored(subject: Subject) -> None:
    """Whatever is personal in a fixture has the mark "pii"; what a parser reads of it is shown, and no person's."""
    found = []
    for topic, body in subject.webhooks.items():
        if topic.startswith("customers/"):
            continue
        kept = stored(subject, subject.deliver(topic, body)).body
        found += [topic] if b"pii@" in kept or b"pii%40" in kept else []
    assert found == []


def objects(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    for each in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from objects(each)


SAID = st.sampled_from([MARK, [MARK], {"email": MARK, "more": [{"name": MARK}]}, {}, None, f'"{MARK}"}}]\\'])


@EACH
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.data())
def test_a_person_put_into_any_object_is_not_stored_and_changes_nothing(subject: Subject, data: st.DataObject) -> None:
    topic = data.draw(st.sampled_from(sorted(subject.webhooks)))
    form = topic in subject.forms
    tree = loose(subject.webhooks[topic], form)
    before = subject.deliver(topic, packed(tree, form))
    if form:
        names = data.draw(
            st.lists(
                st.sampled_from(["data[merges][EMAIL]", "data[new_email]", "data[merges][NAME][]", "ip_opt", "email"])
            )
        )
        tree |= dict.fromkeys(names, MARK)
    else:
        names = list(CUT.get(subject.name, ("email", "$email", "profile", "Email", "first_name", "x")))
        for place in (
            data.draw(st.lists(st.sampled_from(list(objects(tree))), max_size=5)) if list(objects(tree)) else ()
        ):
            place[data.draw(st.sampled_from(names))] = data.draw(SAID)
    after = subject.deliver(topic, packed(tree, form))
    kept = stored(subject, after)
    assert MARK.encode() not in kept.body and MARK.partition("@")[0].encode() not in kept.body
    front = subject.front(topic)
    assert told(subject, kept, front) == told(subject, stored(subject, before), front) == told(subject, before, front)


def named_in(path: Path) -> Iterator[str]:
    """The names of fields that a file reads, whether a fixture leads there or not."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Subscript(slice=ast.Constant(value=str() as name)):
                yield name
            case ast.Call(
                func=ast.Attribute(attr="maybe" | "at" | "get"), args=[ast.Constant(value=str() as name), *_]
            ):
                yield from name.split(".")


@pytest.mark.parametrize("platform", CUT)
def test_no_parser_reads_a_field_that_is_cut(platform: str) -> None:
    folder = ROOT / "handlers/sources"
    files = [folder / f"{platform}.py", *folder.glob(f"_{platform}/*.py")]
    read = {name for path in files for name in named_in(path)}
    # Who wishes to be forgotten is read from bodies that are not stripped.
    wished = {"customer"} if platform == "shopify" else set()
    assert {"id", "status"} <= read
    assert read & set(CUT[platform]) == wished


def test_a_source_that_cannot_be_read_loses_nothing() -> None:
    for subject in STRIPPING:
        broken = Delivery(subject.name, {}, b'{"id": [1, %', subject.deliver(*subject.any_webhook()).received)
        assert stored(subject, broken) == broken


def test_an_address_that_tells_two_recipients_apart_still_does_when_it_is_not_stored() -> None:
    (mailchimp,) = (subject for subject in SUBJECTS if subject.name == "mailchimp")
    bodies = [
        f"type=cleaned&fired_at=2026-11-20+10%3A14%3A05&data[list_id]=7e&data[email]={who}%40pii.example".encode()
        for who in ("ada", "Ada", "bob")
    ]
    kept = [
        stored(mailchimp, Delivery("mailchimp", {}, body, mailchimp.deliver("cleaned", body).received))
        for body in bodies
    ]
    assert kept[0].body == kept[1].body != kept[2].body and not any(b"pii" in each.body for each in kept)


def test_a_wish_to_be_forgotten_still_says_whose_it_is() -> None:
    (shopify,) = (subject for subject in SUBJECTS if subject.name == "shopify")
    body = json.dumps({"customer": {"email": MARK}, "orders_to_redact": [1]}).encode()
    wish = Delivery(
        "shopify", {"x-shopify-topic": "customers/redact"}, body, shopify.deliver(*shopify.any_webhook()).received
    )
    assert stored(shopify, wish) == wish
    assert stored(shopify, replace(wish, headers={"x-shopify-topic": "orders/create"})) != wish
    assert stripping.without(["customer"])(body) == b'{"customer": null, "orders_to_redact": [1]}'
