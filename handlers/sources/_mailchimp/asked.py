"""How Mailchimp is asked: its Marketing API 3.0, with a key that names its data centre at its end (``...-us21``).

No webhook tells of a campaign that is planned, so campaigns are followed by polling, as are the reports. Lists come in
pages by offset, 1,000 at most. Mailchimp allows ten connections at once, of which one is used, and says that it is too
much by 429 or by a 403 without its usual body.

Keys: api_key (or access_token, with the option datacenter); and webhook_secret where the option ``unsigned`` is used,
with which `floorwalker connect` makes the list's webhook below a secret path: one of the source's secrets.
"""

from __future__ import annotations

from datetime import timedelta

from bot.core.polling import Api, Stream
from handlers.sources._mailchimp.calls import hosts
from handlers.sources._mailchimp.campaigns import campaigns
from handlers.sources._mailchimp.reports import reports
from handlers.sources._mailchimp.webhooks import WANTED, care

API = Api(
    keys=(
        ("api_key",),
        ("api_key", "webhook_secret"),
        ("access_token",),
        ("access_token", "webhook_secret"),
    ),
    advice="Mailchimp tells nobody of a campaign that is planned; without keys it is known when it has been sent",
    hosts=hosts,
    streams=(
        Stream("campaigns", timedelta(minutes=30), campaigns),
        Stream("reports", timedelta(hours=1), reports),
    ),
    wanted=lambda front: WANTED if front.options.get("list") else (),
    care=care,
)
