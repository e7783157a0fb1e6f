"""What pretends to be Slack, or comes through Slack from a member who means harm: no effect, no failure, nothing said."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.edge.render import Rendered
from bot.edge.slack.listeners import TOO_MANY
from bot.edge.slack.ways_back import may_answer
from bot.store.tables.log import inbox
from tests.bench import Bench
from tests.reliability.corpus.front import EVENTS, FORM, SECRET, Front, front, payload, signature
from tests.reliability.corpus.rig import Answer, post
from tests.reliability.corpus.texts import TEXTS
from tests.reliability.test_hostile_intake import harm


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Front]:
    async with front(tmp_path) as opened:
        yield opened


# Forged and repeated requests.

Forge = Callable[[str, bytes], str]
SIGNATURES: Mapping[str, Forge] = {
    "missing": lambda moment, body: "",
    "blank": lambda moment, body: " ",
    "no version": lambda moment, body: signature(SECRET, moment, body)[3:],
    "the version alone": lambda moment, body: "v0=",
    "another version": lambda moment, body: signature(SECRET, moment, body).replace("v0", "v1"),
    "short": lambda moment, body: signature(SECRET, moment, body)[:-1],
    "long": lambda moment, body: signature(SECRET, moment, body) + "0",
    "huge": lambda moment, body: "v0=" + "0" * 7000,
    "upper case": lambda moment, body: signature(SECRET, moment, body).upper(),
    "not ASCII": lambda moment, body: "v0=" + "\xe9" * 64,
    "another secret": lambda moment, body: signature(SECRET[::-1], moment, body),
    "no secret": lambda moment, body: signature("", moment, body),
    "another body": lambda moment, body: signature(SECRET, moment, body + b" "),
    "another moment": lambda moment, body: signature(SECRET, "1", body),
    "two of them": lambda moment, body: f"v0={'0' * 64}, {signature(SECRET, moment, body)}",
}
MOMENTS: Mapping[str, str | None] = {
    "now": None, "missing": "", "a word": "abc", "a fraction": "1795428000.5", "an exponent": "1e9", "5000 digits": "9" * 5000,
    "minus": "-1", "hex": "0x6b", "other digits": "١٧٩٥٤٢٨٠٠٠", "two words": "1795428000 1795428000", "none": "None", "NaN": "NaN",
}  # fmt: skip
BODIES: Mapping[str, tuple[bytes, str]] = {
    "a command": (
        b"command=%2Fstock&text=low&user_id=U1&trigger_id=t&response_url=https%3A%2F%2Fhooks.slack.com%2Fx",
        FORM,
    ),
    "an event": (b'{"type":"event_callback","event":{"type":"app_home_opened","user":"U1"}}', "application/json"),
    "a list": (b"[1]", "application/json"),
    "deep": (b"[" * 50_000, "application/json"),
    "no UTF-8": (b"\xff\xfe\x00", FORM),
}


async def test_no_forged_request_of_slack_s_has_an_effect(door: Front) -> None:
    cases = [
        (f"{kind} / {at} / {what}", _forged(forge, door.moment if moment is None else moment, body, mime))
        for kind, forge in SIGNATURES.items()
        for at, moment in MOMENTS.items()
        for what, (body, mime) in BODIES.items()
    ]
    cases += [
        (f"right / {at} / {what}", _forged(lambda moment, body: signature(SECRET, moment, body), moment, body, mime))
        for at, moment in MOMENTS.items()
        if moment is not None
        for what, (body, mime) in BODIES.items()
    ]
    answers = await _all(door, cases)
    wrong = [(name, answer.raw[:80]) for name, answer in answers if answer.statuses != (401,) or answer.tells_of_inside]
    print(f"\n{len(cases)} forged requests: {Counter(answer.statuses for _, answer in answers)}")  # noqa: T201 (figures)
    assert wrong == []
    assert len(cases) >= 900
    assert door.kept() == 0 and door.taken == []


def _forged(forge: Forge, moment: str, body: bytes, mime: str) -> bytes:
    spelt = moment.encode().decode("latin-1")
    headers = {"X-Slack-Request-Timestamp": spelt, "X-Slack-Signature": forge(spelt, body), "Content-Type": mime}
    return post(EVENTS, headers, body)


async def _all(door: Front, cases: list[tuple[str, bytes]]) -> list[tuple[str, Answer]]:
    turn = asyncio.Semaphore(24)

    async def one(name: str, raw: bytes) -> tuple[str, Answer]:
        async with turn:
            return name, await door.send(raw)

    return await asyncio.gather(*(one(name, raw) for name, raw in cases))


@pytest.mark.parametrize("again", [0, 299])
async def test_a_request_that_is_sent_again_has_one_effect(door: Front, again: int) -> None:
    body = door.command("/stock", "low", "t1")
    raw = post(EVENTS, door.signed(body), body)
    assert (await door.send(raw)).statuses == (200,)
    door.bench.watch.forward(seconds=again)
    for other in (raw, raw, raw.replace(b"Content-Type", b"content-TYPE"), raw.replace(b"Host: localhost", b"Host: x")):
        assert (await door.send(other)).statuses == (200,)
    await door.work()
    assert (door.kept(), len(door.taken)) == (1, 1)


async def test_a_request_that_is_sent_again_too_late_is_refused(door: Front) -> None:
    body = door.command("/stock", "low", "t1")
    raw = post(EVENTS, door.signed(body), body)
    assert (await door.send(raw)).statuses == (200,)
    door.bench.watch.forward(seconds=301)
    assert (await door.send(raw)).statuses == (401,)
    assert door.kept() == 1


async def test_two_replicas_that_hear_the_same_request_do_it_once(tmp_path: Path) -> None:
    async with front(tmp_path / "one") as one, front(tmp_path / "two", Bench(tmp_path / "one")) as two:
        body = one.command("/stock", "low", "t1")
        raw = post(EVENTS, one.signed(body), body)
        for each in (one, two, one, two):
            assert (await each.send(raw)).statuses == (200,)
        assert one.kept() == two.kept() == 1


async def test_a_command_that_slack_sends_three_times_while_its_handler_is_slow_is_answered_once(door: Front) -> None:
    """Slack signs each retry anew, so nothing but the command's own trigger says that it is the same."""
    body = door.command("/stock", "low", "slow")
    for _ in range(3):
        assert (await door.send(post(EVENTS, door.signed(body), body))).statuses == (200,)
        door.bench.watch.forward(seconds=4)
    await door.work()
    assert (door.kept(), len(door.taken)) == (1, 1)


# Signed, and odd.

CLICK: dict[str, Any] = {
    "type": "block_actions", "user": {"id": "U1"}, "trigger_id": "t", "actions": [{"type": "button", "action_id": "alert.take", "value": "1.1"}],
}  # fmt: skip
ODD: Mapping[str, tuple[bytes, str]] = {
    "nothing": (b"", FORM),
    "nothing of JSON": (b"", "application/json"),
    "a list": (b"[1]", "application/json"),
    "null": (b"null", "application/json"),
    "a number": (b"7", "application/json"),
    "deep": (b"[" * 50_000 + b"]" * 50_000, "application/json"),
    "an object of lists": (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "application/json"),
    "no UTF-8": (b"\xff\xfe", "application/json"),
    "a payload that is no JSON": (b"payload=%7B", FORM),
    "a payload that is a list": (b"payload=%5B%5D", FORM),
    "a payload that is null": (b"payload=null", FORM),
    "a payload of a number": (b"payload=7", FORM),
    "a click on nothing": (payload({"type": "block_actions", "user": {"id": "U1"}, "actions": []}), FORM),
    "a click without a user": (payload({**CLICK, "user": None}), FORM),
    "a click of a list": (payload({**CLICK, "user": []}), FORM),
    "a click whose value is an object": (
        payload({**CLICK, "actions": [{"action_id": "alert.take", "value": {"a": 1}}]}),
        FORM,
    ),
    "a click on a list": (payload({**CLICK, "actions": [[]]}), FORM),
    "a click with a channel of text": (payload({**CLICK, "channel": "C1", "view": "V1", "container": "x"}), FORM),
    "a click on an alert of 5000 digits": (
        payload({**CLICK, "actions": [{"type": "button", "action_id": "alert.take", "value": "9" * 5000 + ".1"}]}),
        FORM,
    ),
    "an unknown type": (payload({"type": "tea", "user": {"id": "U1"}}), FORM),
    "a shortcut": (payload({"type": "shortcut", "callback_id": "x", "user": {"id": "U1"}}), FORM),
    "a view": (payload({"type": "view_submission", "view": {"callback_id": "x"}, "user": {"id": "U1"}}), FORM),
    "an event without an event": (b'{"type":"event_callback"}', "application/json"),
    "an event of text": (b'{"type":"event_callback","event":"x"}', "application/json"),
    "a visit of nobody": (b'{"type":"event_callback","event":{"type":"app_home_opened"}}', "application/json"),
    "a challenge": (b'{"type":"url_verification","challenge":"<script>"}', "application/json"),
    "a challenge of an object": (b'{"type":"url_verification","challenge":{"a":1}}', "application/json"),
    "a certificate's check": (b"ssl_check=1", FORM),
    "a command of nothing": (b"command=&user_id=U1", FORM),
    "an unknown command": (b"command=%2Ftea&user_id=U1&trigger_id=x", FORM),
    "the same field twice": (b"command=%2Ftea&command=%2Fstock&user_id=U1&trigger_id=x", FORM),
    "broken per cent": (b"command=%2&text=%zz&user_id=%ff", FORM),
    "ten thousand fields": ("&".join(f"f{n}=x" for n in range(10_000)).encode(), FORM),
}


@pytest.mark.parametrize("name", ODD)
async def test_what_slack_signs_and_nobody_expects_is_answered_and_does_nothing_bad(door: Front, name: str) -> None:
    body, kind = ODD[name]
    answer = await door.send(post(EVENTS, door.signed(body, kind), body))
    assert len(answer.statuses) == 1 and answer.statuses[0] in (200, 400, 401, 404), answer.raw[:300]
    assert not answer.tells_of_inside, answer.raw
    await door.work()
    assert not [alert for alert in door.taken if "in_channel" in str(alert)]


# What members type.

COMMANDS = ("/stock", "/ops", "/ops why", "/ops alerts", "/ops digest", "/ops help", "/ops stock")
MORE = {
    "an alert and SQL": "A-1; DROP TABLE alert",
    "an alert of many digits": "A-" + "9" * 400,
    "an alert below nothing": "A--1",
    "an alert of other digits": "A-١٠٠١",
    "10000 characters": "tea " * 2500,
    "a pattern": "%",
    "one letter": "_",
    "a backslash": "\\",
}


async def test_no_text_that_a_member_types_is_more_than_words_in_the_answer(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.stock("TEA-1", 4, title="Earl Grey")
    asked = [(command, name, text) for command in COMMANDS for name, text in ({**TEXTS, **MORE}).items()]
    async with front(tmp_path, bench) as door:
        for number, (command, _, text) in enumerate(asked):
            head, _, verb = command.partition(" ")
            answer = await door.asks(
                head, f"{verb} {text}"[:20_000].strip() if verb else text, f"t{number}", user_id=f"U{number}"
            )
            assert answer.statuses == (200,) and not answer.tells_of_inside
        said = door.taken
        outcomes = Counter(row for row in _outcomes(door))
    problems = Counter(
        problem for _, each in said for problem in harm(Rendered(each["text"], _without_share(each["blocks"])))
    )
    print(f"\n{len(asked)} commands, {len(said)} answers")  # noqa: T201 (figures)
    assert (problems, outcomes) == (Counter(), Counter({"done": len(asked)}))
    assert len(said) == len(asked) >= 350
    assert {each["response_type"] for _, each in said} == {"ephemeral"}


def _outcomes(door: Front) -> list[str]:
    with door.bench.store.read() as connection:
        return [row.outcome for row in connection.execute(select(inbox.c.outcome).where(inbox.c.source == "slack"))]


def _without_share(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [block for block in blocks if block.get("block_id") != "reply"]


@pytest.mark.parametrize("typed", ["%", "_", "TEA_1", "TEA%", "\\", "100%", "%%%"])
async def test_a_search_takes_wildcards_for_letters(tmp_path: Path, typed: str) -> None:
    bench = Bench(tmp_path)
    for sku in ("TEA-1", "TEA-2", "POT"):
        bench.stock(sku, 4, title="Earl Grey")
    async with front(tmp_path, bench) as door:
        await door.asks("/stock", typed, "t1")
        assert "No SKU, product or location is called" in door.taken[0][1]["text"]


async def test_who_asks_too_often_is_told_so_and_keeps_nobody_from_an_answer(door: Front) -> None:
    async def asks(user: str, number: int) -> Answer:
        body = door.command("/stock", "low", f"{user}-{number}", user_id=user)
        return await door.send(post(EVENTS, door.signed(body), body))

    spam = await asyncio.gather(*(asks("U0SPAM", number) for number in range(200)))
    others = await asyncio.gather(*(asks(f"U{number}", 0) for number in range(30)))
    refused = [answer for answer in spam if TOO_MANY.encode() in answer.raw]
    assert {answer.statuses for answer in (*spam, *others)} == {(200,)}
    assert len(refused) == 180 and not any(TOO_MANY.encode() in answer.raw for answer in others)
    assert {json.loads(answer.raw.partition(b"\r\n\r\n")[2])["response_type"] for answer in refused} == {"ephemeral"}
    await door.work()
    assert door.kept() == len(door.taken) == 50
    door.bench.watch.forward(seconds=60)
    assert TOO_MANY.encode() not in (await asks("U0SPAM", 1000)).raw


# Addresses in what comes from Slack.

BASE = "http://127.0.0.1:9/api/"
ADDRESSES = (
    "", " ", "x", "//hooks.slack.com/x", "hooks.slack.com/x", "http://hooks.slack.com/commands/1", "ftp://hooks.slack.com/x",
    "file:///etc/passwd", "file://hooks.slack.com/etc/passwd", "gopher://hooks.slack.com/x", "data:text/plain,x", "javascript:alert(1)",
    "https://evil.example/", "https://evil.example/https://hooks.slack.com/", "https://evil.example?https://hooks.slack.com",
    "https://evil.example#https://hooks.slack.com", "https://hooks.slack.com.evil.example/", "https://evilhooks.slack.com/",
    "https://hooks.slack.com@evil.example/", "https://evil.example@hooks.slack.com/", "https://user:pass@hooks.slack.com/",
    "https://@hooks.slack.com/", "https://:@hooks.slack.com/", "https://hooks.slack.com:80/", "https://hooks.slack.com:8443/",
    "https://hooks.slack.com:443@evil.example/", "https://hooks.slack.com:99999/", "https://hooks.slack.com:x/", "https://hooks.slack.com\\@evil.example/",
    "https:\\\\hooks.slack.com\\x", "https://hooks.slack.com\\.evil.example/", "https://hooks%2eslack.com/", "https://hooks.slack.com%2f@evil.example/",
    "https://hooks.slack.com%00.evil.example/", "https://hooks.slack.com./", "https://slack.com/api/chat.postMessage", "https://api.slack.com/",
    "https://127.0.0.1/", "http://127.0.0.1/", "http://127.0.0.1:22/", "http://127.0.0.1:9@evil.example/", "https://127.0.0.1:9/api/", "http://localhost:9/api/",
    "http://2130706433:9/", "http://0x7f000001:9/", "http://0177.0.0.1:9/", "http://127.1:9/", "http://[::1]:9/", "http://[::ffff:127.0.0.1]:9/",
    "http://[::ffff:7f00:1]:9/", "http://0.0.0.0:9/", "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://metadata.google.internal/",
    "http://10.0.0.1/", "http://192.168.0.1/", "https://[hooks.slack.com]/", "https://hooks。slack。com/", "https://ｈooks.slack.com/", "https://hooks.slack.com\u200b/",
    "https://hooks.slack.com\n.evil.example/", "https://\thooks.slack.com@evil.example", "unix:///var/run/docker.sock", "http://127.0.0.1:10/api/",
)  # fmt: skip
GOOD = (
    "https://hooks.slack.com/commands/T1/2/3",
    "https://hooks.slack.com:443/x",
    "HTTPS://HOOKS.SLACK.COM/x",
    "http://127.0.0.1:9/response/1",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_not_slack_s_is_never_answered(address: str) -> None:
    assert not may_answer(address, BASE)


@pytest.mark.parametrize("address", GOOD)
def test_slack_s_own_addresses_are_answered(address: str) -> None:
    assert may_answer(address, BASE)


async def test_nothing_that_a_payload_names_is_called(door: Front) -> None:
    """Each address stands where Slack says where to answer, and as the text of a command, with a listener that hears
    whoever calls."""
    heard: list[str] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(repr(await reader.read(100)))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    near = [f"http://127.0.0.1:{port}/", f"http://user@127.0.0.1:{port}/", f"http://localhost:{port}/x"]
    for number, address in enumerate([*near, *ADDRESSES]):
        answer = await door.asks("/stock", address, f"t{number}", response_url=address, user_id=f"U{number}")
        assert answer.statuses == (200,)
    server.close()
    await server.wait_closed()
    # Where Slack names no place to answer, a window of Slack's own is opened, and nothing else is called.
    assert (heard, [path for path, _ in door.taken]) == ([], ["/api/views.open"])
    assert door.kept() == len(ADDRESSES) + 3 >= 60
