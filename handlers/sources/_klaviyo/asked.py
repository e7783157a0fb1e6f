"""How Klaviyo is asked: its JSON:API with a private key, at a pinned revision.

There is no webhook of a campaign that is planned or sent, so campaigns are followed by polling: what is scheduled, and
what changed since the last run. The revision is pinned because the one of 2026-10-15 moves a campaign's state to its
messages. Reports may be asked for 225 times a day, twice a minute; one an hour is asked for.

Keys: api_key (a private key with the scopes campaigns:read, metrics:read, tags:read and templates:read, and
webhooks:read and webhooks:write where system webhooks are used), and webhook_secret, with which `floorwalker connect`
makes the system webhook: the same that the config names among the source's secrets.
"""

from __future__ import annotations

from datetime import timedelta

from bot.core.polling import Api, Stream
from handlers.sources._klaviyo.calls import HOST
from handlers.sources._klaviyo.campaigns import campaigns
from handlers.sources._klaviyo.reports import reports
from handlers.sources._klaviyo.webhooks import TOPICS, care

API = Api(
    keys=(("api_key",), ("api_key", "webhook_secret")),
    advice="Klaviyo tells nobody of a campaign that is planned or sent; without keys none is known",
    hosts=lambda front: (HOST,),
    streams=(
        Stream("campaigns", timedelta(minutes=30), campaigns),
        Stream("reports", timedelta(hours=1), reports),
    ),
    wanted=lambda front: tuple(sorted(TOPICS)) if front.options.get("system_webhooks") else (),
    care=care,
)
