"""The fetcher on loopback: where it goes, what it sends, what it refuses, and what it says of the moment."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from bot.core.polling import Call, Response
from bot.edge.fetch import Broken, Fetcher, Foreign, addressed, encoded, left_at
from bot.edge.server import plain
from bot.edge.stand import Stands
from tests.edge.conftest import HandClock, Serve

HOSTS = ("api.example.com",)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Echo:
    """A platform that says what it heard."""

    hosts: tuple[str, ...] = ("api.example.com", "shop.example.com:8443")
    heard: list[Call] = field(default_factory=list)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self, call: Call, now: datetime) -> Response:
        self.heard.append(call)
        return Response(self.status, self.headers, json.dumps([call.url, call.params, call.form]).encode(), now)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def fetcher(clock: HandClock, echo: Echo) -> AsyncIterator[Fetcher]:
    stands = Stands([echo], clock)
    made = await Fetcher.open(clock, reroute=await stands.start(), seconds=2.0, most=1024 * 1024)
    yield made
    await made.close()
    await stands.stop()


async def test_a_call_arrives_as_it_was_meant(fetcher: Fetcher, echo: Echo) -> None:
    call = Call(
        "POST",
        "https://api.example.com/v1/orders%2F1",
        params=(("updated_at_min", "2026-11-23T10:00:00+01:00"), ("page[cursor]", "a b&c=d"), ("page[cursor]", "ü")),
        headers={"X-Token": "secret"},
        form=(("grant_type", "client_credentials"), ("scope", "a b+c")),
    )
    answer = await fetcher.fetch(call, HOSTS)
    (heard,) = echo.heard
    assert (heard.method, heard.url, heard.params, heard.form) == (call.method, call.url, call.params, call.form)
    assert heard.headers["x-token"] == "secret"
    assert heard.headers["content-type"] == "application/x-www-form-urlencoded"
    assert answer.json()[0] == call.url


async def test_a_body_arrives_byte_for_byte(fetcher: Fetcher, echo: Echo) -> None:
    body = bytes(range(256))
    await fetcher.fetch(Call("PUT", "https://shop.example.com:8443/a", body=body), ("shop.example.com:8443",))
    assert (echo.heard[0].body, echo.heard[0].url) == (body, "https://shop.example.com:8443/a")


pairs = st.lists(st.tuples(st.text(min_size=1, max_size=8), st.text(max_size=8)), max_size=4).map(tuple)


@given(pairs)
def test_a_query_says_what_it_is_made_of_and_has_no_character_that_means_something(
    pairs: tuple[tuple[str, str], ...],
) -> None:
    from urllib.parse import unquote

    try:
        text = encoded(pairs)
    except UnicodeEncodeError:
        return  # Half a character is in no address.
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%&=")
    told = tuple(tuple(unquote(side) for side in pair.split("=")) for pair in text.split("&")) if pairs else ()
    assert told == tuple(pairs)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/",
        "https://api.example.com.evil.test/",
        "https://evil.test/?api.example.com",
        "https://evil.test\\@api.example.com/",
        "https://user:pass@api.example.com/",
        "https://api.example.com@evil.test/",
        "https://api.example.com:8443/",
        "https://sub.api.example.com/",
        "https://xapi.example.com/",
        "https://api.example.com/a b",
        "https://api.example.com/\r\nX: y",
        "https://127.0.0.1/",
        "https:///nothing",
        "file:///etc/passwd",
        "https://[::1/",
        "api.example.com",
        "",
    ],
)
async def test_a_call_to_anywhere_else_is_not_made(fetcher: Fetcher, echo: Echo, url: str) -> None:
    with pytest.raises(Foreign) as caught:
        await fetcher.fetch(Call("GET", url), HOSTS)
    assert "pass" not in str(caught.value).split()
    assert echo.heard == []


@pytest.mark.parametrize(
    ("host", "allowed", "fits"),
    [
        ("a.klaviyo.com", (".klaviyo.com",), True),
        ("a.b.klaviyo.com", (".klaviyo.com",), True),
        ("klaviyo.com", (".klaviyo.com",), False),
        ("evilklaviyo.com", (".klaviyo.com",), False),
        ("klaviyo.com.evil.test", (".klaviyo.com",), False),
        ("A.KLAVIYO.com", ("a.klaviyo.COM",), True),
        ("a.klaviyo.com", (), False),
    ],
)
def test_a_leading_dot_means_every_host_below(host: str, allowed: tuple[str, ...], fits: bool) -> None:
    call = Call("GET", f"https://{host}/api")
    if fits:
        assert addressed(call, allowed).host == host.lower()
    else:
        with pytest.raises(Foreign):
            addressed(call, allowed)


async def test_a_redirect_is_an_answer_and_nobody_goes_there(fetcher: Fetcher, echo: Echo) -> None:
    echo.status, echo.headers = 302, {"location": "https://api.example.com/elsewhere"}
    answer = await fetcher.fetch(Call("GET", "https://api.example.com/"), HOSTS)
    assert (answer.status, len(echo.heard)) == (302, 1)


async def test_a_proxy_of_the_environment_is_not_asked(
    fetcher: Fetcher, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    await fetcher.fetch(Call("GET", "https://api.example.com/"), HOSTS)
    assert len(echo.heard) == 1


async def test_cookies_are_not_kept(fetcher: Fetcher, echo: Echo) -> None:
    echo.headers = {"set-cookie": "session=1"}
    for _ in range(2):
        await fetcher.fetch(Call("GET", "https://api.example.com/"), HOSTS)
    assert "cookie" not in echo.heard[1].headers


async def test_a_header_with_a_line_break_is_refused(fetcher: Fetcher, echo: Echo) -> None:
    with pytest.raises(Foreign):
        await fetcher.fetch(Call("GET", "https://api.example.com/", headers={"X-Token": "a\r\nHost: evil"}), HOSTS)
    assert echo.heard == []


async def big(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(body=b"x" * (1024 * 1024 + 1))


async def never(request: web.BaseRequest) -> web.StreamResponse:
    await asyncio.Event().wait()
    return plain(200, "never")


async def cut(request: web.BaseRequest) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return plain(200, "cut")


@pytest.mark.parametrize(
    ("path", "why"), [("/big", "more than 1 MiB"), ("/never", "no answer in time"), ("/cut", "the line broke")]
)
async def test_an_answer_that_does_not_come_as_it_should_is_broken_and_may_have_arrived(
    clock: HandClock, serve: Serve, path: str, why: str
) -> None:
    address = await serve({"/big": big, "/never": never, "/cut": cut})
    fetcher = await Fetcher.open(clock, reroute={"api.example.com": address}, seconds=0.5, most=1024 * 1024)
    with pytest.raises(Broken, match=why) as caught:
        await fetcher.fetch(Call("GET", f"https://api.example.com{path}"), HOSTS)
    await fetcher.close()
    assert caught.value.sent


async def test_where_nobody_listens_nothing_was_sent(clock: HandClock, unused_tcp_port: int) -> None:
    fetcher = await Fetcher.open(clock, reroute={"api.example.com": f"http://127.0.0.1:{unused_tcp_port}"})
    with pytest.raises(Broken, match="no connection") as caught:
        await fetcher.fetch(Call("GET", "https://api.example.com/"), HOSTS)
    await fetcher.close()
    assert not caught.value.sent


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's side with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    built = x509.CertificateBuilder(
        name, name, key.public_key(), 1, NOW - timedelta(days=900), NOW + timedelta(days=900)
    )
    made = built.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(private + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


async def test_a_host_whose_certificate_nobody_vouches_for_is_told_nothing(clock: HandClock, tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=self_signed(tmp_path))
    port = server.sockets[0].getsockname()[1]
    fetcher = await Fetcher.open(clock, reroute={"api.example.com": f"https://127.0.0.1:{port}"})
    with pytest.raises(Broken, match="its certificate is not trusted") as caught:
        await fetcher.fetch(Call("GET", "https://api.example.com/", headers={"X-Token": "secret"}), HOSTS)
    await fetcher.close()
    server.close()
    await server.wait_closed()
    assert (caught.value.passes, heard) == (False, [])


async def test_what_is_secret_in_a_call_is_in_no_entry_of_the_log(fetcher: Fetcher) -> None:
    call = Call(
        "POST",
        "https://api.example.com/v1/token",
        params=(("access_token", "topsecret1"),),
        headers={"Authorization": "Bearer topsecret2"},
        form=(("client_secret", "topsecret3"),),
    )
    with structlog.testing.capture_logs() as entries:
        await fetcher.fetch(call, HOSTS)
    assert [entry["path"] for entry in entries] == ["/v1/token"]
    assert "topsecret" not in str(entries) + repr(call)


# The moment.


@pytest.mark.parametrize(
    ("ahead", "took", "expected"),
    [
        (timedelta(0), 0.0, timedelta(0)),
        (timedelta(seconds=90), 2.0, timedelta(seconds=88)),
        (timedelta(minutes=-9), 0.0, timedelta(minutes=-9)),
        (timedelta(minutes=11), 1.0, timedelta(0)),
        (timedelta(days=-30), 1.0, timedelta(0)),
    ],
)
def test_the_platforms_clock_counts_unless_it_is_far_from_ours(
    ahead: timedelta, took: float, expected: timedelta
) -> None:
    assert left_at(NOW, took, format_datetime(NOW + ahead, usegmt=True)) == NOW + expected


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Mon, 99 Nov 2026 09:00:00 GMT", "0", "Mon, 23 Nov 99999 09:00:00 GMT"]
)
def test_a_date_that_is_none_leaves_our_own_clock(date: str) -> None:
    assert left_at(NOW, 1.0, date) == NOW


@given(st.text(max_size=40))
def test_any_date_gives_a_moment_near_ours(date: str) -> None:
    assert abs(left_at(NOW, 0.0, date) - NOW) <= timedelta(minutes=10)


async def test_an_answer_knows_its_moment_by_the_platforms_clock(
    fetcher: Fetcher, clock: HandClock, echo: Echo
) -> None:
    echo.headers = {"date": format_datetime(clock.now() + timedelta(minutes=3), usegmt=True)}
    answer = await fetcher.fetch(Call("GET", "https://api.example.com/"), HOSTS)
    assert timedelta(minutes=2, seconds=55) < answer.at - clock.now() <= timedelta(minutes=3)


async def test_nobody_is_played_under_another_name(clock: HandClock) -> None:
    stands = Stands([Echo(hosts=("other.example.com",))], clock)
    (address,) = (await stands.start()).values()
    fetcher = await Fetcher.open(clock, reroute={"api.example.com": address})
    answer = await fetcher.fetch(Call("GET", "https://api.example.com/"), HOSTS)
    await fetcher.close()
    await stands.stop()
    assert answer.status == 404
