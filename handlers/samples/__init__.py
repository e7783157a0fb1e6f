"""One sample body a source and topic, for ``floorwalker send SOURCE TOPIC``: ``samples/<source>/<topic>.json``.

A slash of the topic is two underscores in the file's name. The files are templates of ``string.Template``:

* ``${id}``: digits, new for each sending, so that each is a new order or payment
* ``$now``, ``$ago``, ``$soon``, ``$later``: RFC 3339 in UTC; now, 30 minutes ago, in 3 and in 10 days
* ``$now_unix``, ``$ago_unix``, ``$soon_unix``, ``$later_unix``: the same as seconds since 1970
"""

from __future__ import annotations

from datetime import datetime, timedelta
from string import Template

_MOMENTS = {
    "now": timedelta(0),
    "ago": timedelta(minutes=-30),
    "soon": timedelta(days=3),
    "later": timedelta(days=10),
}


def fill(template: str, now: datetime, id: str) -> bytes:
    """The body of a sample as sent at ``now`` (aware UTC) with ``id`` (digits) in its ids.

    Raises KeyError on a name that is not in the table above, and ValueError on a dollar sign without a name.
    """
    values = {"id": id}
    for name, distance in _MOMENTS.items():
        moment = (now + distance).replace(microsecond=0)
        values[name] = moment.isoformat().replace("+00:00", "Z")
        values[f"{name}_unix"] = str(int(moment.timestamp()))
    return Template(template).substitute(values).encode()
