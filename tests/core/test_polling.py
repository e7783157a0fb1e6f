"""What plans are made of: an answer that is refused names the call and no secret, and JSON that is none is refused too."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.polling import Call, Denied, Keep, Response, ask

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CALL = Call(
    "GET",
    "https://api.example.com/orders",
    params=(("key", "canary"),),
    headers={"Authorization": "canary"},
    form=(("secret", "canary"),),
)


def answered(status: int, *also: int) -> Response:
    """What a plan gets that asks and is answered with a status."""
    asking = ask(CALL, *also)
    assert next(asking) is CALL
    with pytest.raises(StopIteration) as ended:
        asking.send(Response(status, {}, b"{}", NOW))
    given = ended.value.value
    assert isinstance(given, Response)
    return given


@pytest.mark.parametrize(("status", "also"), [(200, ()), (204, ()), (299, ()), (404, (404,)), (401, (401, 403))])
def test_an_answer_that_a_plan_can_use_comes_back(status: int, also: tuple[int, ...]) -> None:
    assert answered(status, *also).status == status


@pytest.mark.parametrize(("status", "also"), [(199, ()), (301, ()), (403, ()), (404, (401,)), (500, ())])
def test_any_other_is_refused_with_the_call_and_without_its_secrets(status: int, also: tuple[int, ...]) -> None:
    asking = ask(CALL, *also)
    next(asking)
    with pytest.raises(Denied) as caught:
        asking.send(Response(status, {}, b"{}", NOW))
    assert str(caught.value) == f"{status}: GET https://api.example.com/orders"
    assert caught.value.status == status


def test_nothing_secret_is_shown_of_a_call_or_a_token() -> None:
    assert "canary" not in repr(CALL) + repr(Keep("token", "canary", NOW))


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000, b'{"a":'])
def test_an_answer_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(Denied, match="200: the answer is no JSON"):
        Response(200, {}, body, NOW).json()


def test_a_refusal_without_a_status_is_its_words_alone() -> None:
    assert str(Denied(0, "the shop is closed")) == "the shop is closed"
