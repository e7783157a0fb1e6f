"""How a source's platform is asked: whether the keys and the times of its ``api:`` fit, and what they become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from bot.config.problems import Place
from bot.config.schema import ApiPart, SourcePart
from bot.core.polling import Api
from bot.core.spans import duration
from bot.core.spelling import hint

LEAST = timedelta(seconds=30)
"""Nobody's limits are met by asking more often than this."""

Found = Iterator[tuple[Place, str]]


def problems(name: str, part: SourcePart, api: Api | None, env: Mapping[str, str], demo: bool) -> Found:
    """What is wrong with a source's ``api:``."""
    place: Place = ("sources", name, "api")
    if part.api is None:
        return
    if api is None:
        yield place, f"{part.type or name} cannot be asked, it only sends; leave this out"
        return
    yield from _keys((*place, "keys"), part.api, api)
    yield from _values((*place, "keys"), name, part.api, env, demo)
    yield from _times((*place, "every"), part.api, api)


def _keys(place: Place, part: ApiPart, api: Api) -> Found:
    known = {key for one in api.keys for key in one}
    strange = [key for key in part.keys if key not in known]
    yield from (((*place, key), f"is no key of this platform{hint(key, known)}") for key in strange)
    if not strange and not any(set(one) <= set(part.keys) for one in api.keys):
        sets = ", or ".join(" and ".join(one) for one in api.keys)
        yield place, f"must be complete: {sets}"


def _values(place: Place, name: str, part: ApiPart, env: Mapping[str, str], demo: bool) -> Found:
    for key, variable in part.keys.items():
        value = env.get(variable, "")
        if value != value.strip():
            told = f"the environment variable {variable} has a blank or a line break at an end of its value"
            yield (*place, key), told
        elif not value and not demo:
            yield (*place, key), f"the environment variable {variable} is not set; it must hold the {key} of {name}"


def _times(place: Place, part: ApiPart, api: Api) -> Found:
    known = [stream.name for stream in api.streams]
    for stream, every in part.every.items():
        if stream not in known:
            yield (*place, stream), f"is nothing that this platform is asked for{hint(stream, known)}"
        elif every != "off" and duration(every) < LEAST:
            yield (*place, stream), f"must be at least {LEAST.seconds}s, or off"


def keys(part: SourcePart, env: Mapping[str, str]) -> dict[str, str]:
    """The keys by their names, or none where one is missing, as it may be in a demo."""
    found = {key: env.get(variable, "") for key, variable in (part.api.keys if part.api else {}).items()}
    return found if all(found.values()) else {}


def times(part: SourcePart) -> dict[str, timedelta | None]:
    """How often each stream is asked for that the config speaks of; None is never."""
    given = part.api.every if part.api else {}
    return {stream: None if every == "off" else duration(every) for stream, every in given.items()}
