"""What every source owes: proof that cannot be forged, a stable key, and no exception but those it may raise."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.delivery import (
    BASELINE,
    POLLED,
    Delivery,
    Greeting,
    Knock,
    Unparsable,
    Unrouted,
    Unverified,
    Wanting,
)
from bot.core.events import STORED, Event
from bot.core.money import Money
from bot.core.polling import Api, Asked, Call, Denied, Heard, Keep, Response, Rest, Subscription
from bot.core.privacy import PrivacyAsked
from tests.handlers.sources.conduct import BROKEN, NOW, ROOT, SAMPLES, SUBJECTS, Subject, loose, packed

READY = [subject for subject in SUBJECTS if subject.webhooks]
ASKED = [subject for subject in SUBJECTS if subject.source.api]
GREETING = [subject for subject in SUBJECTS if subject.source.greet]


def each(subjects: list[Subject]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("subject", subjects, ids=[subject.name for subject in subjects])


EACH = each(READY)


def proved(subject: Subject, delivery: Delivery, *secrets: str, now: datetime = NOW, topic: str = "") -> bool:
    """Whether a delivery is proved; a refusal is Unverified, or Wanting a document, and never speaks of a secret."""
    try:
        subject.source.verify(delivery, secrets, now, subject.front(topic))
    except Unverified as error:
        refusal = str(error)
    except Wanting as want:
        refusal = str(want)
        of_ours(want.url, want.hosts)
    else:
        return True
    assert refusal
    assert not any(secret in refusal for secret in subject.secrets)
    return False


def of_ours(url: str, hosts: tuple[str, ...]) -> None:
    """The address is https, plain, without a name in it, and on one of the hosts, of which some may have a port."""
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(":443")
    assert parts.scheme == "https" and host and "@" not in host
    assert any(host.endswith(one) if one.startswith(".") else host == one for one in hosts), url


def headers_that_prove(subject: Subject) -> Iterator[tuple[Delivery, str]]:
    """A good delivery and, one after another, each header without which it would not be proved."""
    good = subject.deliver(*subject.any_webhook())
    for name in good.headers:
        rest = {other: value for other, value in good.headers.items() if other != name}
        if not proved(subject, replace(good, headers=rest), subject.secret):
            yield good, name


# What lies beside a source.


def test_all_sources_can_be_looked_at() -> None:
    assert BROKEN == {}
    assert {"shopify", "stripe", "generic"} <= {subject.name for subject in SUBJECTS}


@each(SUBJECTS)
def test_a_source_has_fixtures_samples_and_documentation(subject: Subject) -> None:
    samples = {path.stem.replace("__", "/") for path in (SAMPLES / subject.name).iterdir() if path.suffix != ".py"}
    assert samples
    assert samples <= set(subject.webhooks)
    assert len(subject.source.doc) > 200
    assert (ROOT / "docs/sources" / f"{subject.name}.md").is_file()


@EACH
def test_the_options_of_a_source_are_accepted_and_unknown_ones_refused_by_name(subject: Subject) -> None:
    for options in (*subject.every_options, *subject.elsewhere):
        subject.source.options(options)
    with pytest.raises(ValueError, match=r"^kettle: "):
        subject.source.options({**subject.options, "kettle": "on"})


# Proof.


@EACH
def test_a_good_delivery_is_accepted_by_any_of_two_secrets(subject: Subject) -> None:
    for topic, body in subject.webhooks.items():
        good = subject.deliver(topic, body)
        assert proved(subject, good, subject.secrets[0], topic=topic)
        assert proved(subject, good, *subject.secrets, topic=topic)
        assert proved(subject, good, *reversed(subject.secrets), topic=topic)
        assert all(header == header.lower() for header in good.headers)


@EACH
def test_a_forged_delivery_is_refused(subject: Subject) -> None:
    topic, body = subject.any_webhook()
    good = subject.deliver(topic, body)
    assert not proved(subject, subject.deliver(topic, body, secret=subject.secrets[1]), subject.secrets[0])
    assert not proved(subject, good, subject.secrets[1])
    assert not proved(subject, good)
    assert not proved(subject, good, "")
    assert not proved(subject, Delivery(subject.name, {}, body, NOW), subject.secret)


@EACH
def test_a_delivery_from_outside_cannot_pass_as_one_that_was_polled(subject: Subject) -> None:
    """The door drops such headers; that it forgot them must not be a proof either."""
    topic, body = subject.any_webhook()
    assert not proved(subject, Delivery(subject.name, {POLLED: topic, BASELINE: "1"}, body, NOW), subject.secret)


@EACH
def test_a_tampered_body_is_refused(subject: Subject) -> None:
    """Byte by byte, in one bit that changes and then another, and cut short at every one of them."""
    good = subject.deliver(*subject.any_webhook())
    for place in range(len(good.body)):
        for mask in (1, 128):
            body = good.body[:place] + bytes([good.body[place] ^ mask]) + good.body[place + 1 :]
            assert not proved(subject, replace(good, body=body), subject.secret)
        assert not proved(subject, replace(good, body=good.body[:place]), subject.secret)
    assert not proved(subject, replace(good, body=good.body + b"\n"), subject.secret)


@EACH
def test_a_signed_time_is_good_for_a_while(subject: Subject) -> None:
    """A source that signs no time accepts a delivery of long ago, and must then rely on the key alone."""
    topic, body = subject.any_webhook()
    (past, future), tick = subject.window, timedelta(seconds=1)
    untimed = proved(subject, subject.deliver(topic, body, NOW - timedelta(days=400)), subject.secret)
    for at in (NOW - past + tick, NOW + future - tick):
        assert proved(subject, subject.deliver(topic, body, at), subject.secret)
    for at in (NOW - past - tick, NOW + future + tick, NOW + timedelta(days=400)):
        assert proved(subject, subject.deliver(topic, body, at), subject.secret) == untimed
    assert not untimed or subject.source.key(subject.deliver(topic, body))


@EACH
@pytest.mark.parametrize("value", ["", " ", "é", "\udcff", "\x00", "=", ",", "v1,", "t=1,v1=2", "A" * 9_000, "%%%="])
def test_a_malformed_header_is_unverified_and_no_other_exception(subject: Subject, value: str) -> None:
    proving = list(headers_that_prove(subject))
    for good, name in proving:
        assert not proved(subject, replace(good, headers={**good.headers, name: value}), subject.secret)
    assert proving or subject.own_deliver


@EACH
@pytest.mark.parametrize("between", [", ", ",", " ", ""])
def test_a_doubled_header_raises_no_other_exception(subject: Subject, between: str) -> None:
    for good, name in headers_that_prove(subject):
        doubled = replace(good, headers={**good.headers, name: between.join([good.headers[name]] * 2)})
        proved(subject, doubled, subject.secret)
        assert not proved(subject, doubled, subject.secrets[1])


@EACH
def test_a_delivery_of_another_shop_is_refused(subject: Subject) -> None:
    good = subject.deliver(*subject.any_webhook())
    for options in subject.elsewhere:
        with pytest.raises(Unverified):
            subject.source.verify(good, (subject.secret,), NOW, subject.front(options=options))


SCRAPS = st.sampled_from(["", "=", ",", "v1", "t=", "sha256=", "{", "}", "&", "%", "é", "\udcff", "\x00", "https://"])
WORDS = st.lists(SCRAPS | st.text(max_size=8), max_size=4).map("".join)


@EACH
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_headers_path_or_query_of_a_stranger_raise_another_exception(subject: Subject, data: st.DataObject) -> None:
    good = subject.deliver(*subject.any_webhook())
    names = st.sampled_from([*good.headers, "authorization", "content-type", "webhook-id", "ce-id"])
    strange = replace(
        good,
        headers={**good.headers, **data.draw(st.dictionaries(names, WORDS, min_size=1, max_size=3))},
        path=data.draw(WORDS),
        query=data.draw(st.dictionaries(WORDS, WORDS, max_size=2)),
    )
    for options in (subject.options, *subject.others):
        try:
            subject.source.verify(strange, (subject.secrets[1],), NOW, subject.front(options=options))
        except (Unverified, Wanting) as refusal:
            assert not any(secret in str(refusal) for secret in subject.secrets)
        else:
            raise AssertionError("a stranger's delivery was taken")


# Names.


@EACH
def test_any_header_may_be_malformed_when_it_comes_to_the_key(subject: Subject) -> None:
    good = subject.deliver(*subject.any_webhook())
    for name in good.headers:
        for value in ("", "é", "\udcff", "x" * 9_000):
            key = subject.source.key(replace(good, headers={**good.headers, name: value}))
            assert len(key) < 500
            key.encode()


@EACH
def test_a_retry_has_the_same_key_and_another_event_another(subject: Subject) -> None:
    keys = set()
    for number in (1, 2):
        bodies = subject.sent(number)
        for topic, body in bodies.items():
            first = subject.deliver(topic, body)
            again = replace(first, headers=dict(first.headers), received=NOW + timedelta(hours=3))
            assert subject.source.key(first) == subject.source.key(again)
        keys.add(subject.source.key(subject.deliver(*next(iter(bodies.items())))) or bodies)
    assert len(keys) == 2


# Meaning.


@EACH
def test_every_sample_is_understood(subject: Subject) -> None:
    for topic, body in subject.sent(1).items():
        events = subject.source.parse(subject.deliver(topic, body), subject.front(topic))
        assert bool(events) != (topic in subject.silent), topic
        for event in events:
            assert (event.shop, event.source) == ("leaf", subject.name)
            assert abs(NOW - event.at) <= timedelta(hours=1), topic
            sound(event)


@EACH
def test_every_fixture_is_understood_and_tells_nothing_about_a_customer(subject: Subject) -> None:
    """The fixtures say "pii" in every name, address and note; no event may, but a wish to forget these very people."""
    for topic, delivery in told(subject):
        events = subject.source.parse(delivery, subject.front(topic))
        assert bool(events) != (topic in subject.silent), topic
        for event in events:
            sound(event)
            assert isinstance(event, PrivacyAsked) or "pii" not in repr(event).lower()


def told(subject: Subject) -> Iterator[tuple[str, Delivery]]:
    """Every fixture as the delivery that it comes in."""
    for topic, body in subject.webhooks.items():
        yield topic, subject.deliver(topic, body)
    for topic, body in subject.polled.items():
        yield topic, subject.hear(topic, body)


def sound(event: Event) -> None:
    """An event is of a kind that is stored, its moments are aware UTC, its money fits into 64 bits."""
    assert type(event) in (*STORED.values(), PrivacyAsked)
    assert isinstance(event, PrivacyAsked) or event.subject.id
    for value in leaves(event):
        if isinstance(value, datetime):
            assert value.tzinfo is UTC
        if isinstance(value, Money):
            assert abs(value.minor) < 2**63
            assert value.currency == value.currency.upper()
        if isinstance(value, int):
            assert abs(value) < 2**63
        if isinstance(value, str):
            value.encode()
            assert "\x00" not in value


def leaves(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, tuple):
        for inner in value:
            yield from leaves(inner)
    elif is_dataclass(value):
        for field in fields(value):
            yield from leaves(getattr(value, field.name))


@EACH
@pytest.mark.parametrize("body", [b"", b"tea", b"[", b"\xff", b"type=order&id=1", b"null", b"[[]]", b'"x"', b"{}"])
def test_what_cannot_be_read_is_refused(subject: Subject, body: bytes) -> None:
    for topic, of_form in [(topic, topic in subject.forms) for topic in subject.webhooks][:3]:
        with pytest.raises((Unparsable, Unrouted) if of_form else Unparsable):
            subject.source.parse(subject.deliver(topic, body), subject.front())
    for topic in subject.polled:
        with pytest.raises(Unparsable):
            subject.source.parse(subject.hear(topic, body), subject.front())


@EACH
def test_an_unknown_topic_is_unrouted(subject: Subject) -> None:
    with pytest.raises(Unrouted, match=r"tea\.spilled"):
        subject.source.parse(subject.deliver("tea.spilled", subject.unknown), subject.front())


@each(ASKED)
def test_an_unknown_polled_topic_is_unrouted(subject: Subject) -> None:
    with pytest.raises(Unrouted, match=r"tea\.spilled"):
        subject.source.parse(subject.hear("tea.spilled", b"{}"), subject.front())


def understood(subject: Subject, delivery: Delivery, **given: Any) -> None:
    """Parsing gives sound events or one of the two refusals, and never anything else."""
    subject.source.key(delivery)
    events: tuple[Event, ...] = ()
    refusal = "none"
    try:
        events = subject.source.parse(delivery, subject.front(**given))
    except (Unparsable, Unrouted) as error:
        refusal = str(error)
    assert refusal.encode()
    for event in events:
        sound(event)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["", "EUR", "1.5", "-1", "2026-11-20T10:15:00Z", "9" * 18, "\ud800", "\x00", 10**15, 10**18]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
BODY = st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode())


@EACH
@given(st.data(), BODY, st.booleans())
def test_any_body_on_any_topic_is_understood_or_refused(
    subject: Subject, data: st.DataObject, body: bytes, live: bool
) -> None:
    options = data.draw(st.sampled_from(subject.every_options))
    topic, good = data.draw(st.sampled_from(list(told(subject))))
    delivery = subject.hear(topic, body) if good.polled else subject.deliver(topic, body)
    understood(subject, delivery, live=live, options=options)


@EACH
@settings(max_examples=200)
@given(st.data(), st.randoms(use_true_random=False), st.lists(JSON, min_size=1, max_size=3), st.booleans())
def test_a_fixture_with_anything_in_place_of_its_values_is_understood_or_refused(
    subject: Subject, data: st.DataObject, chance: Any, values: list[Any], live: bool
) -> None:
    topic, good = data.draw(st.sampled_from(list(told(subject))))
    options = data.draw(st.sampled_from((subject.of.get(topic, subject.options), *subject.others)))
    form = not good.polled and topic in subject.forms
    body = changed(loose(good.body, form), chance, values)
    delivery = replace(good, body=packed(body, form))
    understood(subject, delivery, live=live, options=options)


def changed(body: Any, chance: Any, values: list[Any]) -> Any:
    """The JSON value with others in random places."""
    for value in values:
        found = list(places(body))
        if found:
            chance.choice(found)(value)
    return body


def places(value: Any) -> Iterator[Callable[[Any], None]]:
    """Everything within a JSON value that can be replaced."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in list(steps):
        yield partial(value.__setitem__, step)
        yield from places(inner)


# Handshakes.

Method = Literal["GET", "HEAD", "OPTIONS", "POST"]
HEADERS = st.dictionaries(
    st.sampled_from(
        ["webhook-request-origin", "webhook-request-rate", "webhook-request-callback", "content-type", "user-agent",
         "x-adobe-event-id", "authorization", "x-wc-webhook-topic"]
    ),
    WORDS | st.sampled_from(["erp.example.com", "https://evil.example", "a\r\nb: c", "application/json", "*", "120"]),
    max_size=3,
)  # fmt: skip
QUERY = st.dictionaries(st.sampled_from(["challenge", "validationToken", "hub.challenge", "x"]) | WORDS, WORDS)


@each(GREETING)
@settings(max_examples=300)
@given(st.data(), HEADERS, QUERY, BODY | st.sampled_from([b"webhook_id=12", b'{"challenge": "tea"}']), WORDS)
def test_any_knock_is_answered_or_passed_on(
    subject: Subject, data: st.DataObject, headers: dict[str, str], query: dict[str, str], body: bytes, path: str
) -> None:
    assert subject.source.greet is not None
    method: Method = data.draw(st.sampled_from(get_args(Method)))
    options = data.draw(st.sampled_from(subject.every_options))
    knock = Knock(method, headers, body, path, query)
    answer = subject.source.greet(knock, subject.secrets, subject.front(options=options))
    if answer is not None:
        civil(answer, subject)


def civil(answer: Greeting, subject: Subject) -> None:
    """A greeting that can be sent, tells no secret and does not make the browser of a victim believe in it."""
    assert 200 <= answer.status < 600 and answer.status not in (301, 302, 303, 307, 308)
    whole = answer.body + "".join(f"{name}{value}" for name, value in answer.headers.items())
    assert not any(secret in whole for secret in subject.secrets)
    answer.body.encode()
    for name, value in answer.headers.items():
        assert name.isascii() and value.isascii() and not set("\r\n\x00") & set(name + value)
    assert "*" not in answer.headers.values()
    if answer.then is not None:
        of_ours(answer.then.url, (urlsplit(answer.then.url).hostname or "",))


@each([subject for subject in GREETING if subject.webhooks])
def test_a_delivery_is_no_knock(subject: Subject) -> None:
    """What can be proved is never answered away as a handshake, or it would be lost."""
    assert subject.source.greet is not None
    for topic, body in subject.webhooks.items():
        good = subject.deliver(topic, body)
        knock = Knock("POST", good.headers, good.body, good.path, good.query)
        assert subject.source.greet(knock, subject.secrets, subject.front(topic)) is None


# Polling.

LONGEST_RUN = 5_000
STATUS = st.sampled_from(
    [200] * 8 + [201, 202, 204, 206, 301, 304, 400, 401, 403, 404, 405, 409, 410, 422, 429, 500, 503]
)


def credentials(subject: Subject) -> Iterator[dict[str, str]]:
    """Every complete set of credentials of the API, each with a text of its own."""
    for names in api(subject).keys:
        yield {name: subject.keys.get(name, f"sesame-{name}") for name in names}


def api(subject: Subject) -> Api:
    assert subject.source.api is not None
    return subject.source.api


@each(ASKED)
def test_the_hosts_of_an_api_are_plain_names(subject: Subject) -> None:
    for options in subject.every_options:
        for host in api(subject).hosts(subject.front(options=options)):
            assert re.fullmatch(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?", host), host


@each(ASKED)
def test_an_api_has_credentials_and_streams_with_names_and_periods(subject: Subject) -> None:
    names = [stream.name for stream in api(subject).streams]
    assert names and len(set(names)) == len(names) and all(names)
    assert all(stream.every >= timedelta(minutes=1) for stream in api(subject).streams)
    assert all(api(subject).keys)
    assert subject.polled, "there is no fixture of anything polled"
    assert not api(subject).wanted(subject.front()) or api(subject).care


@st.composite
def answers(draw: st.DrawFn, bodies: list[bytes]) -> Response:
    """What a platform may say: any status, any bytes, or one of these bodies, perhaps changed."""
    body = draw(st.sampled_from(bodies) | BODY) if bodies else draw(BODY)
    if draw(st.booleans()):
        chance, values = draw(st.randoms(use_true_random=False)), draw(st.lists(JSON, max_size=2))
        try:
            body = json.dumps(changed(json.loads(body), chance, values)).encode()
        except (ValueError, RecursionError):
            body += b" "
    headers = draw(
        st.dictionaries(
            st.sampled_from(["link", "x-wp-totalpages", "retry-after", "date", "content-type", "location"]),
            WORDS | st.sampled_from(['<https://evil.example/next>; rel="next"', "99999999999999999999", "-1", "nan"]),
            max_size=2,
        )
    )
    return Response(draw(STATUS), headers, body, NOW)


@dataclass(frozen=True)
class Trial:
    """A plan that is carried out, with what the platform answers to it. The replies come again and again, so the plan
    has to end of itself."""

    subject: Subject
    asked: Asked
    replies: list[Response]

    def run(self, plan: Any) -> str:
        """Carries out a plan to its end, or until it is denied. Gives the cursor that was heard last."""
        reply, cursor = None, ""
        for number in range(LONGEST_RUN):
            try:
                step = plan.send(reply)
            except StopIteration as end:
                assert end.value is None or all(isinstance(one, Subscription) for one in end.value)
                return cursor
            except Denied as denied:
                assert str(denied) and not self.shows_a_key(str(denied))
                return cursor
            reply = None
            match step:
                case Call():
                    self.allowed(step)
                    reply = self.replies[number % len(self.replies)]
                case Heard():
                    self.heard(step)
                    cursor = step.cursor
                case Rest():
                    assert math.isfinite(step.seconds)
                case _:
                    assert isinstance(step, Keep) and step.name and step.until.tzinfo is UTC
        raise AssertionError(f"more than {LONGEST_RUN} steps")

    def allowed(self, call: Call) -> None:
        """A call goes to the platform alone, in the form that the edge takes, and shows no key in its address."""
        parts = urlsplit(call.url)
        of_ours(f"{parts.scheme}://{parts.netloc}", api(self.subject).hosts(self.asked.front))
        assert not parts.query and not parts.fragment
        assert not set("\r\n ") & set(call.url) and call.url.isascii()
        assert not (call.form and call.body)
        assert not self.shows_a_key(call.url + "".join(name + value for name, value in call.params))
        for name, value in call.headers.items():
            assert not set("\r\n\x00") & set(name + value)

    def heard(self, step: Heard) -> None:
        """What was heard is understood or refused, as if it had come by itself."""
        assert step.topic and step.at.tzinfo is UTC
        for body in step.bodies:
            delivery = Delivery(self.subject.name, {POLLED: step.topic}, body, step.at)
            understood(self.subject, delivery, options=self.asked.front.options)

    def shows_a_key(self, text: str) -> bool:
        return any(key in text for key in self.asked.keys.values())


@st.composite
def trials(draw: st.DrawFn, subject: Subject, bodies: list[bytes], items: tuple[str, ...] = ()) -> Trial:
    """A plan's start, under any options and any credentials, anew or from anywhere."""
    front = subject.front(options=draw(st.sampled_from(subject.every_options)))
    keys = draw(st.sampled_from(list(credentials(subject))))
    cursor = draw(st.sampled_from(["", "", NOW.isoformat(), "{}", "tea"]))
    replies = draw(st.lists(answers(bodies), min_size=1, max_size=4))
    return Trial(subject, Asked(front, keys, cursor, NOW, items), replies)


@each(ASKED)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_a_plan_ends_whatever_the_platform_answers(subject: Subject, data: st.DataObject) -> None:
    stream = data.draw(st.sampled_from(api(subject).streams))
    items = ("11", "12") if stream.of_items else ()
    trial = data.draw(trials(subject, list(subject.polled.values()), items))
    cursor = trial.run(stream.plan(trial.asked))
    trial.run(stream.plan(replace(trial.asked, cursor=cursor, now=NOW + stream.every)))


@each([subject for subject in ASKED if subject.source.api and subject.source.api.care])
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), st.booleans())
def test_care_ends_whatever_the_platform_answers(subject: Subject, data: st.DataObject, mend: bool) -> None:
    care = api(subject).care
    assert care is not None
    trial = data.draw(trials(subject, [b"[]", b"{}", b'{"data": []}']))
    wanted = frozenset(api(subject).wanted(trial.asked.front)) if mend else frozenset()
    trial.run(care(trial.asked, f"https://bot.example.org/webhooks/{subject.name}", wanted))
