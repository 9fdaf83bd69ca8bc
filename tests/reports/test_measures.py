"""Every figure against the same one counted row by row, for whoever looks; and what it reads to count it."""

import random
import statistics
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Team, User
from reports import columns, compliance, measures
from reports.measures import FIRST_RESPONSE, RESOLUTION, Period
from reports.scope import Scope
from sla.models import Clock, State
from sla.sweep import sweep
from tests import make
from tickets.actions import conversation, progress
from tickets.models import Csat, Ticket

pytestmark = pytest.mark.django_db
Readers = dict[str, tuple[User, Team | None]]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def month(cast: SimpleNamespace, shop: Any, back: Team, security: Team, now: datetime) -> None:
    """Tickets of three teams in every state, from 20 days ago: some answered late, some not at all, some rated."""
    chance = random.Random(4)  # noqa: S311 - the same month each time
    by: dict[str, Any] = {"actor": cast.admin, "via": "web"}
    for number in range(36):
        at = now - timedelta(minutes=chance.randint(60, 20 * 24 * 60))
        team = (cast.agent.teams.get(), back, security)[number // 6 % 3]
        ticket = make.ticket(requester=cast.customer, site=shop, team=team, severity=1 + number % 4, at=at)
        if number % 6 == 0:
            continue
        answered = at + timedelta(minutes=chance.choice([5, 40, 300]))
        conversation.reply(ticket=ticket, body="Hi.", at=answered, **by)
        solved = answered + timedelta(minutes=chance.choice([10, 600]))
        if number % 6 == 1:
            progress.cancel(ticket=ticket, reason="Spam", at=solved, **by)
        elif number % 6 > 2:
            progress.resolve(ticket=ticket, code="fixed", text="Done.", at=solved, **by)
            how = "requester" if number % 2 else "silence"
            progress.verify_and_close(ticket=ticket, how=how, evidence="", at=solved, **by)
            progress.rate(ticket=ticket, score=chance.randint(1, 5), comment="", at=solved, **by)
    sweep(now - timedelta(days=1))  # what fell due since then is not seen yet


@pytest.fixture
def readers(cast: SimpleNamespace, back: Team, security: Team) -> Readers:
    insider = make.person("Ines", "manager")
    Membership.objects.create(user=insider, team=security)
    return {
        "an admin": (cast.admin, None),
        "a manager": (cast.manager, None),
        "a manager of the restricted team": (insider, None),
        "a manager looking at one team": (cast.manager, back),
        "a manager looking at a team she may not see": (cast.manager, security),
    }


def seen_by(reader: tuple[User, Team | None]) -> list[Ticket]:
    user, team = reader
    return [t for t in Ticket.objects.visible_to(user) if team is None or t.team_id == team.pk]


def within(period: Period, at: datetime | None) -> bool:
    return at is not None and period.start <= at < period.end


def test_it_scores_what_a_count_clock_by_clock_scores(month: None, readers: Readers, now: datetime) -> None:
    for days in (7, 30):
        for who, reader in readers.items():
            rows = scores_checked(reader, Period.last(days, now), now)
            assert days == 7 or (compliance.overall(rows).open_over > 0) == ("may not" not in who)


def scores_checked(reader: tuple[User, Team | None], period: Period, now: datetime) -> list[compliance.Row]:
    """The table of this reader, having compared it."""
    found: Counter[tuple[str, int, str]] = Counter()
    for clock in Clock.objects.filter(ticket__in=seen_by(reader), counts=True, target__isnull=False):
        unseen = clock.settled_at is None and clock.state == State.RUNNING and within(period, clock.due_at)
        if not (within(period, clock.settled_at) or unseen):
            continue
        key = (clock.obligation, clock.severity)
        missed = clock.breached_at is not None or unseen
        found[(*key, "breached" if missed else "met")] += 1
        found[(*key, "open_over")] += missed and clock.state != State.STOPPED
    rows = compliance.table(Scope.of(*reader), period, now)
    table = {
        (cell.obligation, cell.severity, name): getattr(cell, name)
        for row in rows
        for cell in row.cells
        for name in ("met", "breached", "open_over")
    }
    assert +Counter(table) == +found
    listed = compliance.clocks_of(Scope.of(*reader), period).count()
    assert listed == compliance.overall(rows).decided
    return rows


def test_it_measures_the_percentiles_of_each_ticket_in_view(month: None, readers: Readers, now: datetime) -> None:
    for reader in readers.values():
        for column in (FIRST_RESPONSE, RESOLUTION):
            check_durations(reader, column, Period.last(7, now))


def check_durations(reader: tuple[User, Team | None], column: str, period: Period) -> None:
    kept = [t for t in seen_by(reader) if t.status != "cancelled"]
    found = measures.durations(Scope.of(*reader).tickets, column, period)
    for spread, part in ((found.all, period), (found.before, period.before)):
        took = [(getattr(t, column) - t.opened_at).total_seconds() for t in kept if within(part, getattr(t, column))]
        assert spread.n == len(took)
        if len(took) > 1:
            tenths = statistics.quantiles(took, n=10, method="inclusive")
            assert (spread.p50, spread.p90) == pytest.approx((tenths[4], tenths[8]))
    by_day = Counter(getattr(t, column).date() for t in kept if within(period, getattr(t, column)))
    assert {day: one.n for day, one in found.days.items() if one.n} == dict(by_day)


def test_it_counts_arrivals_closings_ratings_and_backlog_of_the_tickets_in_view(
    month: None, readers: Readers, now: datetime
) -> None:
    for reader in readers.values():
        check_counts(reader, Period.last(7, now), now)


def check_counts(reader: tuple[User, Team | None], period: Period, now: datetime) -> None:
    scope, tickets = Scope.of(*reader), seen_by(reader)
    arrived = measures.arrivals(scope.tickets, period)
    assert arrived.all == sum(within(period, t.opened_at) for t in tickets) == sum(map(sum, arrived.week))
    assert arrived.before == sum(within(period.before, t.opened_at) for t in tickets)
    closed = [t for t in tickets if t.status == "closed" and within(period, t.closed_at)]
    assert measures.confirmed(scope.tickets, period) == (
        sum(t.verification == "requester" for t in closed), len(closed),
    )  # fmt: skip
    scores = Counter(one.score for one in Csat.objects.filter(ticket__in=tickets) if within(period, one.at))
    assert +Counter(measures.ratings(scope, period)["scores"]) == scores
    ages = measures.backlog(scope.tickets, now)
    assert {team: sum(n) for team, n in ages.items()} == dict(Counter(t.team_id for t in tickets if t.is_open))


def test_it_says_nothing_of_nothing(db: None, now: datetime) -> None:
    found = measures.durations(Ticket.objects.all(), RESOLUTION, Period.last(7, now))
    assert (found.all.p50, found.all.p90, found.all.n) == (None, None, 0)
    assert measures.arrivals(Ticket.objects.all(), Period.last(7, now)).all == 0


def test_days_and_hours_are_those_of_the_readers_zone(cast: SimpleNamespace, shop: Any) -> None:
    at = datetime(2026, 3, 10, 20, 40, tzinfo=UTC)
    make.ticket(requester=cast.customer, site=shop, at=at)
    for zone, day, hour in (("UTC", 10, 20), ("Europe/Berlin", 10, 21), ("Asia/Kolkata", 11, 2), ("Asia/Tokyo", 11, 5)):
        with timezone.override(zone):
            found = measures.arrivals(Ticket.objects.all(), Period.last(7, at + timedelta(hours=1)))
        assert found.days[date(2026, 3, day)] == 1
        assert found.week[date(2026, 3, day).weekday()][hour] == 1


@pytest.mark.parametrize(("day", "length"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)])
def test_a_day_is_as_long_as_its_clocks_say(day: date, length: int) -> None:
    begins = columns.hours(day, ZoneInfo("Europe/Berlin"))
    assert len(begins) == 25
    assert begins == sorted(begins)
    assert begins[-1] - begins[0] == length * columns.HOUR


# A million rows to the page, all vacuumed and nothing known of their values: so the planner's choice does not hang on
# what earlier tests left in the files, or on when an automatic ANALYZE last came by. Rolled back with the test.
AS_IF_LARGE = """
    UPDATE pg_class SET reltuples = 1000000, relpages = 1, relallvisible = 1000000
    WHERE relname IN ('tickets_ticket', 'sla_clock');
    DELETE FROM pg_statistic WHERE starelid IN ('tickets_ticket'::regclass, 'sla_clock'::regclass)
"""


def test_a_period_is_counted_from_indexes_alone(
    month: None, readers: Readers, now: datetime, as_user: Callable[..., Any]
) -> None:
    """Each figure has an index that holds all it asks for, and it is the one that is read once the tables are large."""
    client = as_user(readers["a manager of the restricted team"][0])
    with CaptureQueriesContext(connection) as asked:
        client.get("/dashboard?days=30")
    figures = [q["sql"] for q in asked if "opened_at" in q["sql"] or "closed_at" in q["sql"] or "sla_clock" in q["sql"]]
    assert len(figures) == 6  # compliance, arrivals, responses, resolutions, closings, backlog
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(AS_IF_LARGE)
        for sql in figures:
            cursor.execute("EXPLAIN " + sql)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Index Only Scan" in plan
            reads = [line for line in plan.splitlines() if " on tickets_ticket" in line or " on sla_clock" in line]
            assert all("Index Only Scan" in line or "sweep_clocks" in line for line in reads), plan


def test_it_asks_few_statements(
    month: None, cast: SimpleNamespace, as_user: Any, django_assert_max_num_queries: Any
) -> None:
    client = as_user(cast.manager)
    with django_assert_max_num_queries(14):  # session, person, teams, eight figures, rail, mail, calls
        client.get("/dashboard?days=90")
