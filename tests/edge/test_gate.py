"""The gate before Slack's requests: whatever is not proved is 401, whatever comes twice has one effect."""

from __future__ import annotations

import hashlib
import hmac
import json

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.edge.slack.gate import Gate, signed
from tests.edge.conftest import HandClock, Serve

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BODY = json.dumps({"type": "event_callback"}).encode()


class Bolt:
    """Stands where the Bolt app stands, and answers from a list."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.bodies: list[str] = []

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        self.bodies.append(req.raw_body)
        status = self.statuses.pop(0) if self.statuses else 200
        return BoltResponse(status=status, body={"ok": True})


def _headers(clock: HandClock, body: bytes = BODY, *, secret: str = SECRET, moment: str = "") -> dict[str, str]:
    at = moment or str(int(clock.now().timestamp()))
    digest = hmac.new(secret.encode(), b"v0:" + at.encode("utf-8", "surrogateescape") + b":" + body, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": "v0=" + digest.hexdigest(),
    }


async def _send(http: aiohttp.ClientSession, url: str, headers: dict[str, str], body: bytes = BODY) -> int:
    async with http.post(url, data=body, headers=headers) as response:
        assert "Traceback" not in await response.text()
        return response.status


@pytest.fixture
def bolt() -> Bolt:
    return Bolt()


@pytest.fixture
async def url(serve: Serve, bolt: Bolt, clock: HandClock) -> str:
    gate = Gate(bolt, SECRET, clock, max_bytes=5000, read_seconds=0.5)
    return await serve({"/slack/events": gate.handle}) + "/slack/events"


async def test_a_signed_request_reaches_bolt_as_it_was_sent(
    url: str, http: aiohttp.ClientSession, bolt: Bolt, clock: HandClock
) -> None:
    async with http.post(url, data=BODY, headers=_headers(clock)) as response:
        assert (response.status, await response.json()) == (200, {"ok": True})
    assert bolt.bodies == [BODY.decode()]


async def test_the_same_request_again_is_200_without_effect(
    url: str, http: aiohttp.ClientSession, bolt: Bolt, clock: HandClock
) -> None:
    headers = _headers(clock)
    assert [await _send(http, url, headers) for _ in range(5)] == [200] * 5
    assert len(bolt.bodies) == 1


async def test_a_request_that_bolt_could_not_keep_may_come_again(
    url: str, http: aiohttp.ClientSession, bolt: Bolt, clock: HandClock
) -> None:
    bolt.statuses = [503, 200]
    headers = _headers(clock)
    assert [await _send(http, url, headers) for _ in range(3)] == [503, 200, 200]
    assert len(bolt.bodies) == 2


@pytest.mark.parametrize("seconds", [-300, -1, 0, 299])
async def test_a_timestamp_counts_for_five_minutes_either_way(
    url: str, http: aiohttp.ClientSession, clock: HandClock, seconds: int
) -> None:
    headers = _headers(clock)
    clock.move(seconds=seconds)
    assert await _send(http, url, headers) == 200


@pytest.mark.parametrize("seconds", [301, -301, 86_400])
async def test_an_older_or_later_timestamp_is_401(
    url: str, http: aiohttp.ClientSession, clock: HandClock, seconds: int
) -> None:
    headers = _headers(clock)
    clock.move(seconds=seconds)
    assert await _send(http, url, headers) == 401


@pytest.mark.parametrize(
    "moment", ["abc", "1e9", "1.5", "-1", "+1", " ", "9" * 5000, "١٧٦٣٨٨٨٤٠٠", "0x10", "1_000", "NaN", "inf"]
)
async def test_a_timestamp_that_is_no_plain_number_is_401_even_when_signed(
    url: str, http: aiohttp.ClientSession, clock: HandClock, bolt: Bolt, moment: str
) -> None:
    assert await _send(http, url, _headers(clock, moment=moment)) == 401
    assert bolt.bodies == []


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "v0=",
        "v1=" + "0" * 64,
        "v0=" + "0" * 64,
        "v0=" + "0" * 63,
        "v0=" + "é" * 64,
        "x" * 8000,
        "upper",
        "cut",
        "bare",
    ],
)
async def test_a_wrong_signature_is_401(
    url: str, http: aiohttp.ClientSession, clock: HandClock, bolt: Bolt, signature: str
) -> None:
    headers = _headers(clock)
    right = headers["X-Slack-Signature"]
    odd = {"upper": right.upper(), "cut": right[:-1], "bare": right[3:]}
    assert await _send(http, url, headers | {"X-Slack-Signature": odd.get(signature, signature)}) == 401
    assert bolt.bodies == []


@pytest.mark.parametrize("missing", ["X-Slack-Signature", "X-Slack-Request-Timestamp", "Content-Type"])
async def test_a_missing_header_is_401(url: str, http: aiohttp.ClientSession, clock: HandClock, missing: str) -> None:
    headers = {name: value for name, value in _headers(clock).items() if name != missing}
    assert await _send(http, url, headers) == 401


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe", b"[" * 4000, b"[1]", b"", b"{", b'"text"', b"null", b"payload=%7B", b"payload=[1]", b"a" * 4000],
)
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
async def test_malformed_bodies_never_upset_the_server(
    serve: Serve, http: aiohttp.ClientSession, clock: HandClock, body: bytes, kind: str
) -> None:
    url = await serve({"/e": Gate(Bolt(), SECRET, clock).handle}) + "/e"
    unsigned = {"Content-Type": kind}
    assert await _send(http, url, unsigned, body) == 401
    assert await _send(http, url, _headers(clock, body) | unsigned, body) in (200, 401)


async def test_limits_hold_before_anything_is_verified(
    url: str, http: aiohttp.ClientSession, clock: HandClock, bolt: Bolt
) -> None:
    big = b"x" * 5001
    assert await _send(http, url, _headers(clock, big), big) == 413
    assert await _send(http, url, _headers(clock) | {"Content-Encoding": "gzip"}) == 415
    assert await _send(http, url, _headers(clock) | {"Content-Type": "text/plain"}) == 401
    async with http.get(url) as response:
        assert response.status == 405
    assert bolt.bodies == []


def test_an_empty_signing_secret_is_refused_at_start(clock: HandClock) -> None:
    with pytest.raises(ValueError, match="empty"):
        Gate(Bolt(), "", clock)


@given(st.text(), st.text(), st.binary(max_size=50))
def test_whatever_a_stranger_sends_is_refused_and_nothing_is_raised(moment: str, signature: str, body: bytes) -> None:
    assert not signed(SECRET.encode(), moment, signature, body, 1_763_888_400.0)
