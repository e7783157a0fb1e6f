"""The corpus: every hostile request, made by tables times parameters, with the answers that are right for it."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from tests.bench import SECRETS
from tests.reliability.corpus.rig import MOST_BYTES, SECOND_SECRET, Rig, post
from tests.reliability.corpus.texts import TEXTS
from tests.reliability.corpus.told import FIELDS

TOPICS = {"shopify": "orders/create", "stripe": "charge.failed", "generic": "stock.changed"}


@dataclass(frozen=True)
class Case:
    """Bytes to send, and which statuses are right; 0 stands for a connection that is closed without an answer."""

    name: str
    raw: bytes
    right: frozenset[int]


def every_case(rig: Rig) -> list[Case]:
    """All of them, in the order of the file."""
    groups = (bodies, texts, packed, kinds, forged, strangers, methods, paths, heads, wires)
    return [case for group in groups for case in group(rig)]


def _case(name: str, raw: bytes, *right: int) -> Case:
    return Case(name, raw, frozenset(right))


def _proved(rig: Rig, source: str, body: bytes) -> bytes:
    return post(f"/webhooks/{source}", rig.headers(source, TOPICS[source], body), body)


# Bodies that are proved and cannot be understood: kept, answered 200, set aside later.

_DEEP = 100_000
BODIES: Mapping[str, bytes] = {
    "empty": b"",
    "blank": b" \r\n\t",
    "nul": b"\x00",
    "bom alone": b"\xef\xbb\xbf",
    "null": b"null",
    "true": b"true",
    "a number": b"7",
    "text": b'"tea"',
    "an empty list": b"[]",
    "an empty object": b"{}",
    "lists of nothing": b"[null, [], {}]",
    "broken off": b'{"id": 1, "name": "te',
    "two values": b"{}{}",
    "a trailing comma": b'{"id": 1,}',
    "single quotes": b"{'id': 1}",
    "a comment": b'{"id": 1 /* tea */}',
    "not a number": b'{"id": NaN}',
    "infinity": b'{"id": -Infinity}',
    "beyond floats": b'{"id": 1e999}',
    "a billion digits in ten": b'{"id": 1e999999999}',
    "a tiny number": b'{"id": 1e-999999999}',
    "a number of 4301 digits": b'{"id": ' + b"9" * 4301 + b"}",
    "beyond 64 bits": b'{"id": 9223372036854775808}',
    "a leading nought": b'{"id": 007}',
    "minus nought": b'{"id": -0}',
    "the same key twice": b'{"id": 1, "id": 2}',
    "the same key twice, spelt apart": b'{"id": 1, "\\u0069d": 2}',
    "a lone surrogate": b'{"id": "\\ud800", "\\udfff": 1}',
    "an escaped nul": b'{"id": "\\u0000", "type": "\\u0000"}',
    "a raw nul": b'{"id": "\x00"}',
    "no UTF-8": b'{"id": "\xff\xfe"}',
    "overlong UTF-8": b'{"id": "\xc0\xaf"}',
    "UTF-16": '{"id": 1}'.encode("utf-16"),
    "UTF-7": b"+AHsAIg-id+ACI-:1+AH0-",
    "deep lists": b"[" * _DEEP + b"]" * _DEEP,
    "deep objects": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "open lists": b"[" * _DEEP,
    "wide": b"[" + b"0," * 120_000 + b"0]",
    "many keys": b"{" + b",".join(b'"k%d":0' % n for n in range(20_000)) + b"}",
    "keys that clash": b"{" + b",".join(b'"%s":0' % (b"k" * n) for n in range(500)) + b"}",
    "a long key": b'{"' + b"k" * 200_000 + b'": 1}',
    "a long text": b'{"id": "' + b"x" * 200_000 + b'"}',
    "escapes alone": b'{"id": "' + b"\\u0041" * 30_000 + b'"}',
    "backslashes": b'"' + b"\\\\" * 100_000 + b'"',
    "quotes without end": b'"' + b'\\"' * 100_000,
    "prototype": b'{"__proto__": {"admin": true}, "constructor": {"prototype": {}}, "__class__": 1}',
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "a form": b"id=1&type=stock.changed&id=2",
    "a pickle": b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94.",
    "YAML": b"a: &a [x]\nb: [*a, *a]\n",
    "every byte": bytes(range(256)),
    "objects where ids belong": b'{"id": {"id": 1}, "type": ["x"], "name": {}, "data": {"object": []}}',
    "texts where objects belong": b'{"id": 1, "type": "charge.failed", "created": "x", "data": "x", "line_items": "x"}',
    "times beyond time": b'{"type": "stock.changed", "at": "9999-12-31T23:59:59+00:00", "sku": "a", "available": 1}',
    "times before time": b'{"type": "stock.changed", "at": "0001-01-01T00:00:00-23:59", "sku": "a", "available": 1}',
    "counts beyond counting": b'{"type": "stock.changed", "sku": "a", "available": 9223372036854775807}',
    "money beyond money": b'{"type": "refunded", "refund": "r", "amount": {"amount": "999999999999999999", "currency": "EUR"}}',
    "events without end": b'{"events": [' + b",".join([b'{"type": "tick"}'] * 5000) + b"]}",
}


def bodies(rig: Rig) -> Iterator[Case]:
    """Each body, proved, at the door of each source; and the largest one with a byte more than is taken."""
    for source in SECRETS:
        for name, body in BODIES.items():
            right = 413 if len(body) > MOST_BYTES else 200
            yield _case(f"{source}: {name}", _proved(rig, source, body + source.encode() * (not body)), right)
        for size, right in ((MOST_BYTES, 200), (MOST_BYTES + 1, 413), (4 * MOST_BYTES, 413)):
            yield _case(f"{source}: {size} bytes", _proved(rig, source, b" " * size), right)


def texts(rig: Rig) -> Iterator[Case]:
    """Each text in each field, in a delivery that is proved and in order otherwise."""
    numbers = count(1)
    for field in FIELDS:
        for name, text in TEXTS.items():
            topic, told = field.make(text, next(numbers))
            body = json.dumps(told).encode()
            raw = post(f"/webhooks/{field.source}", rig.headers(field.source, _spelt(topic), body), body)
            yield _case(f"{field.source} {field.name}: {name}", raw, 200)


def _spelt(topic: str) -> str:
    """A topic that can stand in a header."""
    return topic if topic.isascii() and topic.isprintable() and len(topic) < 100 else "odd"


# Packed bodies: never unpacked, since the signature is over what was sent, and a small one may be a bomb.

ENCODINGS = (
    "gzip",
    "deflate",
    "br",
    "zstd",
    "compress",
    "x-gzip",
    "gzip, gzip",
    "GZIP",
    "identity, gzip",
    "*",
    "\x7fodd",
)


def packed(rig: Rig) -> Iterator[Case]:
    """A body of 300 MiB in 300 KiB, and everything that claims to be packed."""
    bomb = gzip.compress(b"\x00" * 40 * 1024 * 1024, 9)
    for source in SECRETS:
        for encoding in ENCODINGS:
            body = zlib.compress(b"tea") if encoding == "deflate" else bomb
            headers = rig.headers(source, TOPICS[source], body) | {"Content-Encoding": encoding}
            yield _case(f"{source}: {encoding!r}", post(f"/webhooks/{source}", headers, body), 415, 400)
        unsaid = _proved(rig, source, bomb)
        yield _case(f"{source}: packed without saying so", unsaid, 200)


KINDS = (
    "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html", "application/xml",
    "application/json; charset=utf-16", "application/json; charset=no-such", "image/png", "*/*", "a" * 4000, "application/json;;;==",
)  # fmt: skip


def kinds(rig: Rig) -> Iterator[Case]:
    """A delivery that is proved counts, whatever it calls itself: what it is, the body says."""
    for source in SECRETS:
        for kind in KINDS:
            body = json.dumps({"kind": kind}).encode()
            headers = rig.headers(source, TOPICS[source], body) | {"content-type": kind}
            yield _case(f"{source}: content type {kind[:40]!r}", post(f"/webhooks/{source}", headers, body), 200)


# Proofs that prove nothing.

_PROOF = {"shopify": "x-shopify-hmac-sha256", "stripe": "stripe-signature", "generic": "webhook-signature"}
Tamper = Callable[[str], str]
TAMPERED: Mapping[str, Tamper] = {
    "nothing": lambda _: "",
    "blank": lambda _: " ",
    "short": lambda proof: proof[:-5],
    "longer": lambda proof: proof + "A",
    "half of it twice": lambda proof: proof[len(proof) // 2 :] * 2,
    "lower case": lambda proof: proof.lower() + "=",
    "upper case": str.upper,
    "turned round": lambda proof: proof[::-1],
    "the first letter": lambda proof: ("b" if proof[0] == "a" else "a") + proof[1:],
    "the last letters": lambda proof: proof[:-3] + "AAA",
    "noughts": lambda proof: "0" * len(proof),
    "not ASCII": lambda proof: "é" + proof[1:],
    "high bytes": lambda proof: "\xff\xfe" * (len(proof) // 2),
    "no base64": lambda _: "=====",
    "tokens": lambda _: "t=1,v1=,v1=,v0=x",
    "a thousand": lambda proof: ",".join(["v1=" + "0" * 64] * 100),
    "many with none": lambda _: " ".join(["v1,AAAA"] * 300),
    "huge": lambda _: "A" * 8100,
    "a dictionary": lambda _: "{'v1': True}",
    "none": lambda _: "none",
    "a format": lambda _: "{secret} %(secret)s",
}


def forged(rig: Rig) -> Iterator[Case]:
    """Each way to spoil a proof, at each door."""
    for source in SECRETS:
        body = json.dumps({"id": f"forged {source}"}).encode()
        proved = rig.headers(source, TOPICS[source], body)
        for name, tamper in TAMPERED.items():
            headers = proved | {_PROOF[source]: tamper(proved[_PROOF[source]])}
            yield _case(f"{source}: proof with {name}", post(f"/webhooks/{source}", headers, body), 401)
        without = {key: value for key, value in proved.items() if key != _PROOF[source]}
        yield _case(f"{source}: without a proof", post(f"/webhooks/{source}", without, body), 401)
        for name, other in {"a byte more": body + b" ", "a byte less": body[:-1], "none": b"", "others": b"{}"}.items():
            yield _case(f"{source}: the proof of another body: {name}", post(f"/webhooks/{source}", proved, other), 401)


def strangers(rig: Rig) -> Iterator[Case]:
    """Proofs of others: of another source, another shop, another secret, another time."""
    body = b'{"id": 77}'
    for source in SECRETS:
        for other in SECRETS:
            if other != source:
                headers = rig.headers(other, TOPICS[other], body)
                yield _case(f"{source}: proved as {other}", post(f"/webhooks/{source}", headers, body), 401)
        for age in (-86_400, -301, 301, 86_400, 10**9):
            if source != "shopify":
                yield _case(f"{source}: of {age} s from now", _of_another_time(rig, source, body, age), 401)
    first, second = rig.headers("shopify", "orders/create", body), _second(rig, body)
    yield _case("shopify: proved by the other shop's secret", post("/webhooks/shopify", second, body), 401)
    yield _case("second: proved by the first shop's secret", post("/webhooks/second", first, body), 401)
    for domain in ("dock.myshopify.com", "", "harbour.myshopify.com.evil.example", "HARBOUR.myshopify.com@x", "\xe9"):
        odd = first | {"x-shopify-shop-domain": domain}
        yield _case(f"shopify: for the shop {domain!r}", post("/webhooks/shopify", odd, body), 401)


def _second(rig: Rig, body: bytes) -> dict[str, str]:
    source, front = rig.doors["shopify"].source, rig.doors["shopify"].front
    return source.sign("orders/create", body, SECOND_SECRET, rig.bench.watch.now(), front)


def _of_another_time(rig: Rig, source: str, body: bytes, age: int) -> bytes:
    rig.bench.watch.forward(seconds=age)
    headers = rig.headers(source, TOPICS[source], body)
    rig.bench.watch.forward(seconds=-age)
    return post(f"/webhooks/{source}", headers, body)


# Requests that are no delivery at all.


def methods(rig: Rig) -> Iterator[Case]:
    """What nobody does with a webhook's address."""
    for method in (
        "GET",
        "HEAD",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "PROPFIND",
        "post",
        "PO\x01ST",
        "A" * 300,
    ):
        for path, right in (("/webhooks/shopify", 405), ("/webhooks/nobody", 404), ("/", 404)):
            yield _case(f"{method[:9]!r} {path}", post(path, {}, b"", method=method), right, 400)


PATHS = (
    "/", "//", "/webhooks", "/webhooks/", "/webhooks//", "/webhooks/nobody", "/webhooks/shopify/", "/webhooks/shopify/x",
    "/webhooks//shopify", "/Webhooks/shopify", "/webhooks/SHOPIFY", "/webhooks/../webhooks/nobody", "/webhooks/..%2fshopify",
    "/webhooks/%2e%2e/metrics", "/../../etc/passwd", "/webhooks/%00", "/webhooks/shopify%00", "/webhooks/shopify%0d%0aX: y",
    "/webhooks/%", "/webhooks/%zz", "/webhooks/%ff", "/webhooks/%c0%af", "/webhooks/%25%32%65", "/webhooks/;/shopify",
    "/webhooks/" + "a" * 4000, "/webhooks/__proto__", "/webhooks/{x.__class__}", "/webhooks/*", "/webhooks/shopify'--",
    "/metrics", "/healthz/../metrics", "/slack/events", "http://evil.example/webhooks/nobody", "//evil.example/webhooks/nobody",
    "/webhooks/\xe9", "/webhooks/sh\xc3\xb6p", "/webhooks/shopify\\..\\x", "*", "webhooks/nobody", "/webhooks/<script>",
)  # fmt: skip


def paths(rig: Rig) -> Iterator[Case]:
    """Addresses that lead nowhere."""
    for path in PATHS:
        # What follows a source's name is the source's to prove, and a stranger is told no more than that.
        right = 401 if path.startswith("/webhooks/shopify/") else 404
        yield _case(f"to {path[:40]!r}", post(path, {}, b"{}"), right, 400)


def heads(rig: Rig) -> Iterator[Case]:
    """Heads with too much, too long, twice or two meanings, before a body that is proved."""
    body = b'{"id": "heads"}'
    proved = list(rig.headers("shopify", TOPICS["shopify"], body).items())
    wire = post("/webhooks/shopify", proved, body)
    odd: Mapping[str, list[tuple[str, str]]] = {
        "10000 headers": [(f"X-{n}", "y") for n in range(10_000)],
        "a header of 100 KiB": [("X-Long", "y" * 100_000)],
        "a name of 20 KiB": [("X" * 20_000, "y")],
        "a name with a blank": [("X Y", "z")],
        "a name with a colon": [("", "z")],
        "a nul": [("X-Nul", "a\x00b")],
        "a bare return": [("X-Return", "a\rb")],
        "a folded line": [("X-Fold", "a\r\n b")],
        "another length": [("Content-Length", "3")],
        "the same length again": [("Content-Length", str(len(body)))],
        "a length that is none": [("Content-Length", "three")],
        "a negative length": [("Content-Length", "-1")],
        "a length with a sign": [("Content-Length", "+15")],
        "both lengths": [("Transfer-Encoding", "chunked")],
        "both lengths, odd": [("Transfer-Encoding", "xchunked")],
        "both lengths, twice": [("Transfer-Encoding", "chunked, identity")],
        "two proofs": [("X-Shopify-Hmac-Sha256", "AAAA")],
        "two hosts": [("Host", "evil.example")],
    }
    for name, more in odd.items():
        raw = wire.replace(
            b"\r\n\r\n", ("".join(f"\r\n{key}: {value}" for key, value in more) + "\r\n\r\n").encode("latin-1"), 1
        )
        yield _case(f"with {name}", raw, 400, 401, 413, 431, *((200,) if name in _HARMLESS else ()))
    for name, value in TEXTS.items():
        yield _case(f"a topic of {name}", _with_topic(proved, body, value), 200, 400)


# A second host changes nothing here; a folded line and the same length again may be read either way.
_HARMLESS = ("two hosts", "a nul", "10000 headers")


def _with_topic(proved: list[tuple[str, str]], body: bytes, topic: str) -> bytes:
    spelt = topic.encode("utf-8", "surrogatepass")[:4000].decode("latin-1")
    return post(
        "/webhooks/shopify", [*((k, v) for k, v in proved if k != "x-shopify-topic"), ("x-shopify-topic", spelt)], body
    )


WIRES: Mapping[str, bytes] = {
    "nothing": b"",
    "a line end": b"\r\n",
    "a thousand line ends": b"\r\n" * 1000,
    "nuls": b"\x00" * 1000,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"POST /webhooks/shopify\r\n",
    "HTTP/9.9": b"POST /webhooks/shopify HTTP/9.9\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "a number for a version": b"POST /webhooks/shopify HTTP/one\r\n\r\n",
    "no blank": b"POST/webhooks/shopifyHTTP/1.1\r\n\r\n",
    "bare line feeds": b"POST /webhooks/shopify HTTP/1.1\nHost: x\nContent-Length: 0\nConnection: close\n\n",
    "a proxy's preface": b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\nPOST / HTTP/1.1\r\n\r\n",
    "a line without an end": b"POST /" + b"a" * 100_000,
    "a head without an end": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\n",
    "headers without an end": b"POST /webhooks/shopify HTTP/1.1\r\n" + b"A: b\r\n" * 1000,
    "a body that never comes": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\nConnection: close\r\n\r\n{",
    "a length of petabytes": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999999\r\n\r\n{",
    "a length of 5000 digits": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n{",
    "a chunk that is none": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a negative chunk": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    "a chunk of exabytes": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nffffffffffffffff\r\n{}",
    "a chunk with a long extension": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2;" + b"x" * 50_000 + b"\r\n{}\r\n0\r\n\r\n",
    "chunks of one byte": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + b"1\r\n \r\n" * 20_000 + b"0\r\n\r\n",
    "trailers": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\nX-Shopify-Hmac-Sha256: x\r\n\r\n",
    "an upgrade": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n",
    "HTTP/2 over HTTP/1": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 0\r\n\r\n",
    "an expectation": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nExpect: 200-tea\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "two requests in one": b"POST /webhooks/shopify HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n",
}  # fmt: skip


def wires(rig: Rig) -> Iterator[Case]:
    """Bytes that hardly are HTTP. Those that are never finished may be hung up on."""
    for name, raw in WIRES.items():
        yield _case(f"wire: {name}", raw, 0, 400, 401, 404, 405, 408, 413, 414, 417, 431)
