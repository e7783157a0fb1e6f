"""The bot's one client of the platforms: each call is made once, to a host that was named beforehand, over TLS.

It follows no redirect, takes no proxy from the environment, reads no more than it can hold, and writes no address's
query, no header and no body into the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlencode

import aiohttp
import structlog
from yarl import URL

from bot.clock import Clock
from bot.core.polling import Call, Pairs, Response
from bot.edge.server import MIB

log = structlog.get_logger()

MOST = 20 * MIB
CONNECT = 10.0
SECONDS = 60.0
PLAUSIBLE = timedelta(minutes=10)
"""How far a platform's clock may be from ours before it is ours that is believed."""

_AGENT = "Floorwalker"
_PART = 64 * 1024


class Foreign(Exception):
    """The call is not made: it would go where nobody said that calls may go. The message holds no secret."""


class Broken(Exception):
    """Nobody knows the answer: no connection, a line that broke, no answer in time, or one that is too large.

    ``sent`` says that the call may have arrived all the same, ``passes`` that it may go better the next time.
    """

    def __init__(self, why: str, *, sent: bool, passes: bool = True) -> None:
        super().__init__(why)
        self.sent = sent
        self.passes = passes


class Fetcher:
    """Makes calls. ``reroute`` sends those to a host to an address on this machine instead (``http://127.0.0.1:…``),
    for tests and the demo alone. Make one with ``Fetcher.open``."""

    def __init__(
        self, session: aiohttp.ClientSession, clock: Clock, reroute: Mapping[str, str], most: int = MOST
    ) -> None:
        self._session = session
        self._clock = clock
        self._reroute = {host: URL(to) for host, to in reroute.items()}
        self._most = most

    @classmethod
    async def open(
        cls,
        clock: Clock,
        *,
        reroute: Mapping[str, str] | None = None,
        connect: float = CONNECT,
        seconds: float = SECONDS,
        most: int = MOST,
    ) -> Fetcher:
        """A fetcher with a session of its own. ``connect`` and ``seconds`` bound the connection and the whole call,
        ``most`` the bytes of an answer."""
        session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=connect, connect=connect),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": _AGENT, "Accept-Encoding": "identity"},
        )
        return cls(session, clock, reroute or {}, most)

    async def close(self) -> None:
        """Gives up the connections."""
        await self._session.close()

    async def fetch(self, call: Call, hosts: Iterable[str]) -> Response:
        """The answer to a call, whatever its status; a redirect is an answer as well.

        ``hosts`` are those to which it may go; a leading dot means every host below, and a port other than 443 must be
        named ("shop.example.com:8443"). Raises Foreign before anything is sent, and Broken.
        """
        url = addressed(call, hosts)
        try:
            return await self._made(call, url)
        except aiohttp.InvalidURL:
            raise Foreign(f"{call.method} of something that is no address") from None
        except (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch):
            raise Broken(f"{url.host}: its certificate is not trusted", sent=False, passes=False) from None
        except aiohttp.ClientConnectorError as error:
            raise Broken(f"{url.host}: no connection ({type(error).__name__})", sent=False) from None
        except aiohttp.ConnectionTimeoutError:
            raise Broken(f"{url.host}: no connection in time", sent=False) from None
        except TimeoutError:
            raise Broken(f"{url.host}: no answer in time", sent=True) from None
        except (aiohttp.ClientError, OSError) as error:
            raise Broken(f"{url.host}: the line broke ({type(error).__name__})", sent=True) from None
        except ValueError:
            raise Foreign(f"{call.method} {url.host}: a header holds what no header may hold") from None

    async def _made(self, call: Call, url: URL) -> Response:
        began, left = self._clock.now(), self._clock.monotonic()
        headers = dict(call.headers)
        stand = self._reroute.get(url.host or "")
        if stand is not None:
            headers["Host"] = url.host_port_subcomponent or ""
        to = url.with_scheme(stand.scheme).with_host(stand.host or "").with_port(stand.port) if stand else url
        request = self._session.request(
            call.method,
            to,
            headers=headers | _typed(call),
            data=urlencode(call.form).encode() if call.form else call.body or None,
            allow_redirects=False,
        )
        async with request as answer:
            took = self._clock.monotonic() - left
            body = await self._read(answer)
        named = {name.lower(): ", ".join(answer.headers.getall(name)) for name in answer.headers}
        log.debug("asked", method=call.method, host=url.host, path=url.path, status=answer.status, bytes=len(body))
        return Response(answer.status, named, body, left_at(began, took, named.get("date", "")))

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in answer.content.iter_chunked(_PART):
            size += len(part)
            if size > self._most:
                raise Broken(f"an answer of more than {self._most // MIB} MiB", sent=True, passes=False)
            parts.append(part)
        return b"".join(parts)


def addressed(call: Call, hosts: Iterable[str]) -> URL:
    """The whole address of a call. Raises Foreign unless it is https, without a user in it, and at one of the hosts."""
    url = _url(call)
    if url.scheme != "https" or url.user is not None or url.password is not None or not url.host:
        raise Foreign(f"{call.method} of an address that is not plain https")
    place = url.host.lower() if url.port == 443 else f"{url.host.lower()}:{url.port}"
    if not any(place.endswith(host) if host.startswith(".") else place == host for host in map(str.lower, hosts)):
        raise Foreign(f"{call.method} {place}: calls may not go there")
    return url


def _url(call: Call) -> URL:
    """Parsed once, by the one who connects, so that what was looked at is what is called."""
    if any(not "!" <= letter <= "~" or letter in '\\"<>^`{|}#' for letter in call.url):
        raise Foreign(f"{call.method} of an address with characters that no address has")
    query = encoded(call.params)
    joined = ("&" if "?" in call.url else "?") + query if query else ""
    with suppress(ValueError):
        return URL(call.url + joined, encoded=True)
    raise Foreign(f"{call.method} of something that is no address")


def encoded(pairs: Pairs) -> str:
    """A query with everything percent-encoded but the unreserved characters (RFC 3986, 2.3); a blank is %20."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def _typed(call: Call) -> dict[str, str]:
    return {"Content-Type": "application/x-www-form-urlencoded"} if call.form else {}


def left_at(began: datetime, took: float, date: str) -> datetime:
    """When a call left by the clock of the one who answered: its Date less the seconds that the answer took.

    A Date far from our own clock is nobody's (a cache's, an untended machine's); then it is our clock that counts.
    """
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return began
    told = told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    left = told - timedelta(seconds=took)
    return left if abs(left - began) <= PLAUSIBLE else began
