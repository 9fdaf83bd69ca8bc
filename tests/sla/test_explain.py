"""How a deadline adds up: every stretch of a clock's life, and that their sum is the deadline."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from sla import breakdown, spans
from sla.breakdown import Piece, merged, pieces, shortened
from sla.explain import explained
from sla.hours import Calendar as Hours
from sla.models import Clock, State
from tests import make
from tests.make import later
from tickets.actions import conversation, progress

OFFICE = {"tz": "Europe/Berlin", "hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
NAMES = {"2026-03-17": "Founders' day"}


def calendar(**more: Any) -> Hours:
    return Hours.from_dict({**OFFICE, **more})


def running(start: datetime, target: int, hours: Hours) -> Clock:
    clock = Clock(target=target, started_at=start, state=State.RUNNING)
    clock.spans = [spans.begin(spans.RUNNING, at=start, cause="Opened")]
    clock.due_at = spans.instant(hours, clock.spans, target)
    return clock


def told(found: list[Piece]) -> list[tuple[str, str, float]]:
    return [(piece.kind, piece.why, piece.seconds) for piece in found]


def test_it_names_the_evening_the_weekend_and_the_holiday() -> None:
    hours = calendar(holidays=["2026-03-17"])
    friday = datetime(2026, 3, 13, 14, 0, tzinfo=UTC)  # 15:00 in Berlin
    clock = running(friday, 12 * 3600, hours)
    assert told(pieces(clock, hours, NAMES, friday)) == [
        ("counted", "15:00–17:00", 7200),
        ("shut", "Closed all day", 0),
        ("counted", "09:00–17:00", 28800),
        ("shut", "Founders' day", 0),
        ("counted", "09:00–11:00", 7200),
    ]


def test_a_pause_is_a_stretch_of_its_own_with_who_began_it() -> None:
    hours, start = calendar(), datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
    clock = running(start, 4 * 3600, hours)
    for kind, after in ((spans.PAUSED, 60), (spans.RUNNING, 120)):
        clock.spans = spans.turn(
            clock.spans, kind, at=start + timedelta(minutes=after), cause="Asked", actor=(1, "Ada")
        )
    clock.due_at = spans.instant(hours, clock.spans, 4 * 3600)
    found = pieces(clock, hours, {}, start)
    assert told(found) == [
        ("counted", "Working time", 3600),
        ("paused", "Asked", 0),
        ("counted", "Working time", 10800),
    ]
    assert (found[1].by, found[-1].total) == ("Ada", 4 * 3600)


def test_what_lies_after_now_is_still_to_come_and_after_the_deadline_over() -> None:
    hours, start = calendar(), datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
    clock = running(start, 3600, hours)
    half = pieces(clock, hours, {}, start + timedelta(minutes=30))
    assert [(piece.seconds, piece.ahead) for piece in half] == [(1800, False), (1800, True)]
    late = pieces(clock, hours, {}, start + timedelta(hours=3))
    assert [(piece.seconds, piece.over) for piece in late] == [(3600, False), (7200, True)]


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),
    target=st.integers(1, 400 * 3600),
    pauses=st.lists(st.integers(1, 5 * 86_400), max_size=6),
    now=st.integers(0, 90 * 86_400),
)
def test_the_pieces_follow_each_other_and_sum_to_the_target(
    start: datetime, target: int, pauses: list[int], now: int
) -> None:
    hours = calendar(holidays=["2026-04-03", "2026-12-25"], overrides={"2026-10-25": [["00:00", "24:00"]]})
    clock, at = running(start, target, hours), start
    for number, seconds in enumerate(pauses):
        at += timedelta(seconds=seconds)
        if spans.used(hours, clock.spans, now=at).total_seconds() >= target:
            break
        kind = spans.RUNNING if number % 2 else spans.PAUSED
        clock.spans = spans.turn(clock.spans, kind, at=at, cause="x")
        clock.state = State.RUNNING if kind == spans.RUNNING else State.PAUSED
    clock.due_at = spans.instant(hours, clock.spans, target) if clock.state == State.RUNNING else None
    found = pieces(clock, hours, {}, at + timedelta(seconds=now))
    assert all(one.end == other.begin for one, other in zip(found, found[1:], strict=False))
    if clock.due_at is not None:
        counted = sum(round(piece.seconds * 1_000_000) for piece in found if not piece.over)
        assert counted == target * 1_000_000


def test_a_very_long_life_is_told_by_its_ends() -> None:
    hours, start = calendar(), datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    found = pieces(running(start, 2_000 * 3600, hours), hours, {}, start)
    short = shortened(found)
    assert len(found) > len(short) == breakdown.LONGEST + 1
    assert sum(piece.seconds for piece in short) == 2_000 * 3600
    assert short[60].why == f"{len(found) - breakdown.LONGEST} more stretches"


def test_around_the_clock_it_is_one_stretch() -> None:
    start = datetime(2026, 3, 27, 8, 0, tzinfo=UTC)
    assert told(pieces(running(start, 9 * 86_400, Hours.always()), Hours.always(), {}, start)) == [
        ("counted", "Working time", 9 * 86_400)
    ]


def test_the_picture_spans_its_whole_width() -> None:
    hours, start = calendar(), datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
    bars = merged(pieces(running(start, 40 * 3600, hours), hours, {}, start + timedelta(days=2)))
    assert (bars[0].x, round(bars[-1].x + bars[-1].width)) == (0, breakdown.WIDTH)
    assert all(abs(one.x + one.width - other.x) < 0.05 for one, other in zip(bars, bars[1:], strict=False))


@pytest.mark.django_db
def test_the_page_explains_every_clock(cast: Any, shop: Any, as_user: Any, django_assert_max_num_queries: Any) -> None:
    ticket = make.ticket(requester=cast.customer, site=shop, severity=3, at=timezone.now() - timedelta(days=40))
    conversation.reply(
        ticket=ticket, body="Which?", at=timezone.now() - timedelta(days=39), actor=cast.agent, via="web"
    )
    conversation.receive(
        ticket=ticket, body="This.", at=timezone.now() - timedelta(days=2), actor=cast.customer, via="form"
    )
    client = as_user(cast.agent)
    with django_assert_max_num_queries(12):
        page = client.get(f"/tickets/{ticket.pk}/deadlines").content.decode()
    assert re.findall(r'<h2 id="clock-\d+-name">([^<]+)', page) == [
        "Acknowledge", "First response", "Resolve", "Next response",
    ]  # fmt: skip
    assert "Paused: Waiting on requester (Ada)" in page
    assert as_user(cast.customer).get(f"/tickets/{ticket.pk}/deadlines").status_code == 404


@pytest.mark.django_db
def test_a_breach_is_explained_by_what_was_counted_until_it_fell_due(cast: Any, shop: Any) -> None:
    ticket = make.ticket(requester=cast.customer, site=shop, severity=1)
    conversation.reply(ticket=ticket, body="Late.", at=later(hours=5), actor=cast.agent, via="web", then="diagnosing")
    progress.resolve(ticket=ticket, code="fixed", text="Done.", at=later(hours=9), actor=cast.agent, via="web")
    missed = Clock.objects.filter(ticket=ticket, breached_at__isnull=False).select_related("calendar")
    assert missed.count() == 3
    for one in explained(missed, later(days=1)):
        until = [piece for piece in one.pieces if not piece.over]
        assert until[-1].end == one.fell_due
        assert sum(piece.seconds for piece in until) == one.standing.clock.target
        assert one.pieces[-1].over
