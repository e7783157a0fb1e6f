"""floorwalker connect and what check says of platforms that are asked, with a platform played over real HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.catalog import Catalog
from bot.cli._common import Stop
from bot.cli.connect import registered, secrets, table
from bot.clock import Clock
from bot.core.polling import Api, Asked, Call, Care, Response, Subscription, ask
from bot.core.shopfront import Shopfront
from bot.edge.poller import CARE, Platform, platform
from bot.edge.stand import Stands

HOST = "api.shop.test"
ADDRESS = "https://bot.example.com/webhooks/shop"


@dataclass
class Hooks:
    """A platform that keeps subscriptions by topic, and refuses one of them."""

    hosts: tuple[str, ...] = (HOST,)
    kept: dict[str, str] = field(default_factory=dict)
    status: int = 200

    def answer(self, call: Call, now: datetime) -> Response:
        told = dict(call.form)
        if told and told["topic"] != "refused":
            self.kept[told["topic"]] = told["address"]
        return Response(self.status, {}, json.dumps(self.kept).encode(), now)


def care(asked: Asked, address: str, topics: frozenset[str]) -> Care:
    kept = (yield from ask(Call("GET", f"https://{HOST}/hooks"))).json()
    new = sorted(topics - kept.keys())
    for topic in new:
        form = (("topic", topic), ("address", address))
        kept = (yield from ask(Call("POST", f"https://{HOST}/hooks", form=form))).json()
    return tuple(
        Subscription(topic, "active" if topic in kept else "missing", topic in new and topic in kept)
        for topic in sorted(topics | kept.keys())
    )


def asked(wanted: tuple[str, ...]) -> Platform:
    api = Api((("token",),), lambda front: (HOST,), wanted=lambda front: wanted, care=care)
    return platform(Shopfront("shop", "main"), api, {"token": "t"}, {}, ADDRESS)


@pytest.fixture
async def hooks() -> AsyncIterator[tuple[Hooks, dict[str, str]]]:
    played = Hooks()
    stands = Stands([played], Clock())
    yield played, await stands.start()
    await stands.stop()


async def test_every_wanted_topic_is_registered_at_our_address(hooks: tuple[Hooks, dict[str, str]]) -> None:
    played, reroute = hooks
    played.kept["orders"] = ADDRESS
    found = await registered(asked(("orders", "stock", "refused")), Clock(), reroute)
    assert played.kept == {"orders": ADDRESS, "stock": ADDRESS}
    assert table(found) == [
        "topic    state",
        "orders   active   was there already",
        "refused  missing  could not be made",
        "stock    active   registered",
    ]


@pytest.mark.parametrize(("status", "says"), [(403, "shop says no: 403: GET"), (401, "shop says no: 401: GET")])
async def test_a_platform_that_says_no_is_told(hooks: tuple[Hooks, dict[str, str]], status: int, says: str) -> None:
    played, reroute = hooks
    played.status = status
    with pytest.raises(Stop, match=says):
        await registered(asked(("orders",)), Clock(), reroute)


def test_the_note_of_a_platform_stands_in_the_table() -> None:
    assert table([Subscription("a", "disabled", note="too many failures")])[1:] == [
        "a      disabled  could not be enabled: too many failures"
    ]


async def test_whoever_connects_reads_along_and_is_shown_a_secret_once(hooks: tuple[Hooks, dict[str, str]]) -> None:
    def makes(asked: Asked, address: str, topics: frozenset[str]) -> Care:
        secret = "steeped" if asked.attended else ""
        yield from ask(Call("GET", f"https://{HOST}/hooks"))
        return tuple(Subscription(topic, "active", True, "", secret) for topic in sorted(topics))

    api = Api((("token",),), lambda front: (HOST,), wanted=lambda front: ("a", "b"), care=makes)
    found = await registered(
        platform(Shopfront("tea-shop", "main"), api, {"token": "t"}, {}, ADDRESS), Clock(), hooks[1]
    )
    assert "steeped" not in "".join(table(found)) + repr(found)
    (said,) = secrets("tea-shop", found)
    assert "TEA_SHOP_WEBHOOK_SECRET" in said and "sources.tea-shop.secrets" in said and said.endswith("\nsteeped")
    assert secrets("tea-shop", [Subscription("a", "active")]) == []


# What it lacks.

CONFIG = """\
departments: {{operations: {{channel: ops}}}}
store: {{url: "sqlite:///{folder}/floor.db"}}
listen: {{public_url: "{url}"}}
sources:
{sources}
"""
PLATFORM = '''
"""A platform of a shop's own."""
from bot.core.delivery import Source
from bot.core.polling import Api

def nothing(*_):
    return ()

SOURCES = [
    Source("acme", nothing, nothing, nothing, nothing, nothing, api=Api(
        (("token",), ("user", "password")), lambda front: ("api.acme.test",), care=nothing,
        advice="nothing is heard of its orders")),
    Source("quiet", nothing, nothing, nothing, nothing, nothing),
]
ACME, QUIET = SOURCES
'''


def write(folder: Path, sources: str, url: str = "https://bot.example.com") -> None:
    (folder / "acme_handlers").mkdir(exist_ok=True)
    (folder / "acme_handlers" / "__init__.py").touch()
    (folder / "acme_handlers" / "acme.py").write_text(PLATFORM, "utf-8")
    text = CONFIG.format(folder=folder, sources=sources, url=url) + "handlers: [handlers, acme_handlers]\n"
    (folder / "config.yaml").write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("source", "sources", "url", "says"),
    [
        ("akme", "  acme: {}", "https://x.test", "the config has no source 'akme'; did you mean 'acme'?"),
        ("quiet", "  quiet: {}", "https://x.test", "quiet takes no orders about its webhooks; register them by hand, docs/sources/quiet.md says where"),
        ("acme", "  acme: {}", "https://x.test", "acme has no keys; give sources.acme.api.keys in the config: token, or user and password"),
        ("acme", "  acme: {api: {keys: {token: ACME_KEY}}}", "http://x.test", "listen.public_url must be the https address at which the world reaches this bot"),
    ],
)  # fmt: skip
def test_what_it_lacks_is_one_clear_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    source: str,
    sources: str,
    url: str,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ACME_KEY", "ACME_WEBHOOK_SECRET", "QUIET_WEBHOOK_SECRET"):
        monkeypatch.setenv(name, "s3cret")
    write(tmp_path, sources, url)
    with pytest.raises(SystemExit) as ended:
        main(["connect", source])
    assert (ended.value.code, capsys.readouterr().err) == (2, f"floorwalker: {says}\n")


@pytest.mark.parametrize(
    ("sources", "lines"),
    [
        ("  acme: {}", ["acme has no keys: nothing is heard of its orders"]),
        ("  acme: {api: {keys: {token: ACME_KEY}}}", ["asked as well: acme", "acme has no secret, so its webhooks are refused and it is only asked"]),
        ("  acme: {secrets: [ACME_KEY], api: {keys: {token: ACME_KEY}}}", ["asked as well: acme"]),
        ("  quiet: {secrets: [ACME_KEY]}", []),
    ],
)  # fmt: skip
def test_check_says_who_is_asked_and_who_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sources: str, lines: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    monkeypatch.setenv("ACME_KEY", "s3cret")
    if sources == "  acme: {}":
        monkeypatch.setenv("ACME_WEBHOOK_SECRET", "s3cret")
    write(tmp_path, sources)
    with pytest.raises(SystemExit) as ended:
        main(["check"])
    told = [line for line in capsys.readouterr().out.splitlines()[3:] if not line.startswith("permissions")]
    assert (ended.value.code, told) == (0, lines)


def test_the_streams_of_every_platform_have_names_of_their_own() -> None:
    apis = [source.api for source in Catalog.scan(("handlers",)).sources.values() if source.api is not None]
    assert apis
    for api in apis:
        names = [stream.name for stream in api.streams]
        assert len({*names, CARE}) == len(names) + 1
        assert all(api.keys)
