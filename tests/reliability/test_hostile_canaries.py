"""One customer and one set of secrets go through the whole bot, at the loudest log level; then they are looked for."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
import structlog
from sqlalchemy import select

from bot.__main__ import main
from bot.app import App, build
from bot.catalog import Catalog
from bot.config import Config, load
from bot.core.delivery import Source
from bot.edge.slack.manifest import app_manifest
from bot.logs import configure
from bot.store.engine import Store
from bot.store.tables import METADATA
from bot.store.tables.log import inbox
from bot.store.tables.work import post
from bot.workbench import ManualClock, Workbench
from tests.edge.conftest import HandClock
from tests.reliability.corpus.canary import PERSON, bodies, found_in

SECRETS = {
    "SHOPIFY_WEBHOOK_SECRET": "canary-shopify-secret-0001",
    "SHOPIFY_OLD_SECRET": "canary/old+shopify=secret-0002",
    "STRIPE_WEBHOOK_SECRET": "whsec_canarystripesecret0003",
    "GENERIC_WEBHOOK_SECRET": "whsec_Y2FuYXJ5LWdlbmVyaWMtc2VjcmV0LTAwMDQ=",
    "WOOCOMMERCE_WEBHOOK_SECRET": "canary-woocommerce-secret-0008",
    "KLAVIYO_WEBHOOK_SECRET": "canary-klaviyo-secret-0009",
    "MAILCHIMP_WEBHOOK_SECRET": "canary-mailchimp-secret-0010",
    "BEARER_WEBHOOK_SECRET": 'canary bearer "quoted" sécret 0005',
    "SLACK_BOT_TOKEN": "xoxb-canary-bot-token-0006",
    "SLACK_SIGNING_SECRET": "canary-signing-secret-0007",
}
CONFIG = """
departments:
  marketing: {{channel: marketing}}
  finance: {{channel: finance}}
  warehouse: {{channel: warehouse}}
  operations: {{channel: ops}}
shops: {{demo: {{currency: EUR, zone: Europe/Berlin}}}}
sources:
  shopify: {{secrets: [SHOPIFY_WEBHOOK_SECRET, SHOPIFY_OLD_SECRET]}}
  stripe: {{}}
  woocommerce: {{}}
  klaviyo: {{}}
  mailchimp: {{}}
  generic: {{options: {{auth: {{scheme: standard_webhooks}}}}}}
  bearer: {{type: generic, options: {{auth: {{scheme: bearer}}}}}}
slack: {{mode: http, base_url: "{slack}"}}
store: {{url: "sqlite:///{folder}/floorwalker.db"}}
listen: {{port: 0}}
"""
ASKED = (
    ("/stock", "low"), ("/stock", "TEA-EARL-100"), ("/ops", "alerts"), ("/ops", "why A-1001"),
    ("/ops", "why A-1002"), ("/ops", "digest finance"), ("/ops", "digest"), ("/ops", "help"),
)  # fmt: skip

FAULTS = [
    {"method": "chat.postMessage", "kind": "status_500_before", "times": 1},
    {"method": "chat.postMessage", "kind": "drop_after", "times": 1},
    {"method": "chat.postMessage", "kind": "html_after", "times": 1},
    {"method": "chat.update", "kind": "error:invalid_auth", "times": 1},
]


@dataclass
class House:
    """A bot that runs, what it logs, and all that was answered to strangers."""

    config: Config
    app: App
    bench: Workbench
    clock: HandClock
    log: io.StringIO
    answers: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.app.port}"

    async def send(self, http: aiohttp.ClientSession, path: str, headers: dict[str, str], body: bytes) -> int:
        """Sends until it is taken or refused, as platforms do when they are told to come again."""
        while True:
            async with http.post(self.url + path, data=body, headers=headers) as answer:
                self.answers.append(await answer.text() + str(answer.headers))
                if answer.status != 503:
                    return answer.status

    async def get(self, http: aiohttp.ClientSession, path: str) -> str:
        async with http.get(self.url + path) as answer:
            return await answer.text()

    def shown(self) -> str:
        """All that Slack was told: messages, private answers, windows."""
        return json.dumps(
            [self.bench.calls, [self.bench.messages(name) for name in ("marketing", "finance", "warehouse", "ops")]],
            ensure_ascii=False,
        )

    def rows(self, *, with_bodies: bool = False) -> str:
        """Every column of every row, without the raw bodies of deliveries."""
        store = Store.open(self.config.store_url)
        try:
            with store.read() as connection:
                return "\n".join(
                    f"{table.name}.{name} {value!s}"
                    for table in METADATA.tables.values()
                    for row in connection.execute(select(table)).mappings()
                    for name, value in row.items()
                    if with_bodies or (table.name, name) != ("inbox", "body") or row["source"] == "slack"
                )
        finally:
            store.close()

    def understood(self) -> dict[str, str]:
        """The bodies of whole deliveries that were not set aside, as they are stored, by their source."""
        store = Store.open(self.config.store_url)
        try:
            with store.read() as connection:
                rows = connection.execute(select(inbox.c.source, inbox.c.body).where(inbox.c.outcome == "done"))
                found: dict[str, str] = {}
                for row in rows:
                    text = (row.body or b"").decode()
                    found[row.source] = found.get(row.source, "") + text * ('"broken"' not in text)
                return found
        finally:
            store.close()

    def pending(self) -> bool:
        store = Store.open(self.config.store_url)
        try:
            with store.read() as connection:
                waiting = connection.execute(select(inbox.c.id).where(inbox.c.outcome == "waiting").limit(1)).first()
                due = connection.execute(select(post.c.id).where(post.c.look_at <= self.clock.now()).limit(1)).first()
                return waiting is not None or due is not None
        finally:
            store.close()


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The process's logging as it was."""
    before = structlog.get_config()
    root, ours = logging.root, logging.getLogger("bot").level
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    logging.getLogger("bot").setLevel(ours)
    logging.captureWarnings(False)
    structlog.configure(**before)


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """A whole bot over a workbench, with secrets that are known again, logging all there is."""
    clock, log = HandClock(), io.StringIO()
    bench = await Workbench.start(
        rate_limits=False,
        clock=ManualClock(clock.now().timestamp()),
        bot_token=SECRETS["SLACK_BOT_TOKEN"],
        signing_secret=SECRETS["SLACK_SIGNING_SECRET"],
    )
    file = folder / "config.yaml"
    file.write_text(CONFIG.format(slack=bench.api_url, folder=folder))
    config = load(file, SECRETS)
    configure(log, clock, secrets=config.secrets(), level="DEBUG")
    store = Store.open(config.store_url)
    store.migrate()
    catalog = Catalog.scan(config.handlers)
    app = await build(config, catalog, store, clock, timedelta(0))
    await app.start()
    bench.set_manifest(app_manifest(catalog.commands, public_url=f"http://127.0.0.1:{app.port}"))
    try:
        yield House(config, app, bench, clock, log)
    finally:
        await app.stop()
        await bench.stop()


def _source(living: House, name: str) -> Source:
    return Catalog.scan(living.config.handlers).sources[living.config.sources[name].type]


async def _settled(living: House) -> None:
    """Until nothing is left to do, a minute at most; nobody announces that."""
    for _ in range(3000):
        if not living.pending():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("something is never done")


async def _live(living: House, http: aiohttp.ClientSession) -> int:
    """All that the customer sets off, all that members ask, and all that goes wrong; gives how many deliveries."""
    sent = 0
    for name, topic, raw in bodies():
        secret = living.config.sources[name].secrets[0]
        signed = _source(living, name).sign(topic, raw, secret, living.clock.now(), living.app.front(name))
        assert await living.send(http, f"/webhooks/{name}", signed, raw) == 200
        forged = signed | {key: value[:-4] + "AAAA" for key, value in signed.items() if "sig" in key or "hmac" in key}
        assert await living.send(http, f"/webhooks/{name}", forged, raw + b" ") == 401
        sent += 1
    raw = json.dumps({"type": PERSON["note"], "customer": PERSON}).encode()
    for token in (SECRETS["BEARER_WEBHOOK_SECRET"].encode().decode("latin-1"), "wrong"):
        await living.send(http, "/webhooks/bearer", {"Authorization": f"Bearer {token}"}, raw)
    await living.send(
        http,
        f"/webhooks/{PERSON['email']}",
        {"Cookie": PERSON["card"], "Authorization": "Bearer " + PERSON["card"]},
        raw,
    )
    await _settled(living)
    for command, text in ASKED:
        assert await living.bench.command(command, text) == {"ok": True}
    living.bench.open_home()
    await _settled(living)
    return sent


async def test_a_customer_goes_through_the_whole_bot_and_is_found_nowhere_but_in_raw_bodies(tmp_path: Path) -> None:
    async with house(tmp_path) as living, aiohttp.ClientSession() as http:
        sent = await _live(living, http)
        rows = living.rows()
        places = {
            "log": living.log.getvalue(),
            "Slack": living.shown(),
            "rows": rows,
            "answers": "\n".join(living.answers),
            "metrics": await living.get(http, "/metrics"),
            "health": await living.get(http, "/readyz"),
        }
        counted = {name: len(text) for name, text in places.items()}
        print(f"\n{sent} deliveries; characters looked through: {counted}")  # noqa: T201 (figures)
        assert sent >= 80 and min(counted.values()) > 50 and "alert.body" in rows
        assert found_in(living.rows(with_bodies=True))
        assert {name: found_in(text) for name, text in places.items()} == {name: [] for name in places}


async def test_what_was_understood_is_stored_without_the_customer(tmp_path: Path) -> None:
    async with house(tmp_path) as living, aiohttp.ClientSession() as http:
        await _live(living, http)
        stored = living.understood()
        assert {"shopify", "stripe", "woocommerce", "klaviyo", "mailchimp"} <= set(stored)
        # The description of a payment is how Stripe says which invoice it pays, and the method stands in its source; of a
        # card Stripe sends the last four digits alone.
        read = {"stripe": {PERSON["note"], PERSON["card"]}}
        left = {name: set(found_in(text)) for name, text in stored.items() if name not in ("generic", "bearer")}
        assert left == {name: read.get(name, set()) for name in left}


async def test_no_secret_is_found_in_anything_that_the_bot_says_or_keeps(tmp_path: Path) -> None:
    async with house(tmp_path) as living, aiohttp.ClientSession() as http:
        living.bench.set_faults(FAULTS)
        await _live(living, http)
        places = [
            living.log.getvalue(), living.rows(with_bodies=True), *living.answers, await living.get(http, "/metrics"), await living.get(http, "/readyz"), repr(living.config),
            json.dumps([living.bench.messages(name) for name in ("marketing", "finance", "warehouse", "ops")]),
        ]  # fmt: skip
        for name, secret in SECRETS.items():
            for form in (
                secret,
                secret.removeprefix("whsec_"),
                json.dumps(secret)[1:-1],
                secret.encode().decode("latin-1"),
            ):
                assert not [text[max(0, text.find(form) - 80) :][:160] for text in places if form in text], name
        assert "delivery refused" in places[0] and "delivery_quarantined" in places[0]


@pytest.mark.parametrize(
    "broken",
    [
        "sources: {shopify: {secrets: [canary-shopify-secret-0001]}}",
        "sources: {shopify: {secrets: [shpss_canary0001]}}",
        "store: {url: 'postgresql://floor:canary-0001@db/x'}",
        "store: {url_from: 'postgresql://floor:canary-0001@db/x'}",
        "slack: {base_url: 'https://floor:canary-0001@slack.example/api/?x=1'}",
        "slack: {bot_token: xoxb-canary-0001}",
        "sources: {shopify: {secret: canary-0001}}",
        "",
    ],
)
def test_the_check_says_no_secret_whatever_is_wrong(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    file = tmp_path / "config.yaml"
    file.write_text(
        "departments: {finance: {channel: finance}}\n"
        + (broken or f"store: {{url: 'sqlite:///{tmp_path}/f.db'}}")
        + "\n"
    )
    with pytest.raises(SystemExit) as ended:
        main(["check", "--config", str(file)])
    said = capsys.readouterr()
    assert bool(ended.value.code) is bool(broken), said
    assert said.out and not [name for name, secret in SECRETS.items() if secret in said.out + said.err]
    assert "canary" not in said.out + said.err


async def test_what_is_forgotten_is_no_longer_in_the_database_s_files(tmp_path: Path) -> None:
    def in_files() -> int:
        return sum(
            len(found_in(file.read_bytes().decode("utf-8", "replace"))) for file in tmp_path.glob("floorwalker.db*")
        )

    async with house(tmp_path) as living, aiohttp.ClientSession() as http:
        await _live(living, http)
        before = in_files()
        living.clock.move(days=7, hours=1)
        touched = living.app._mind.upkeep.tidy()
        after = in_files()
        print(f"\nmarks of the customer in the files: {before} before, {after} after; {touched}")  # noqa: T201 (figures)
        assert before > 500 and touched["deliveries"] >= 70
        assert after == 0
