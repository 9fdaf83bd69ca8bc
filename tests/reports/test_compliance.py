"""The compliance page against a table worked out by hand, and who may read which part of it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry
from reports import asked, missed
from sla.compliance import NUMBERS, Basis, Window, kept_throughout, tally
from sla.models import Calendar, CalendarVersion, Clock
from sla.sweep import sweep
from tests import make
from tests.make import T0, later
from tickets.actions import conversation, filing, progress
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

# The standard policy, around the clock: P1 15 min / 30 min / 1 h / 2 h, P2 1 h / 2 h / 4 h / 8 h (acknowledge, first
# response, next response, resolve). All tickets are opened on Monday 2 March 2026 at 09:00 UTC; looked at from 13:00.
#
#  sev team       what happens                                  acknowledge  first resp.  next resp.  resolve
# a P1 Front-end  answered 09:10, resolved 09:40                met          met                      met
# b P1 Front-end  answered 09:30 exactly, resolved 12:00        missed 9:15  met                      missed 11:00
# c P1 Back-end   never answered                                missed open  missed open              missed open
# d P2 Front-end  answered 09:20; asked 10:00, answered 10:30;  met          met          met         running
#                 asked 11:00, not answered by 13:00                                      running
# e P2 Back-end   answered 09:20 and set to waiting             met          met                      paused
# f P2 Back-end   cancelled 09:05                               cancelled    cancelled                cancelled
# g P1 Front-end  answered 09:10; asked 09:20, answered 10:30;  met          met          missed      paused
#                 asked 10:40, answered 10:50 and set to waiting                          met
NOW = later(hours=4)


@pytest.fixture
def desk(cast: SimpleNamespace, shop: Any, back: Any) -> SimpleNamespace:
    """The tickets of the table."""
    front = shop.fallback_team
    by: dict[str, Any] = {"actor": cast.agent, "via": "web"}

    def opened(severity: int, team: Any, organisation: Any = None) -> Ticket:
        return make.ticket(requester=cast.customer, site=shop, team=team, severity=severity, subject="=Shop", at=T0)

    def reply(ticket: Ticket, at: datetime, then: str = "diagnosing") -> None:
        conversation.reply(ticket=ticket, body="Hi.", at=at, then=then, **by)

    def ask(ticket: Ticket, at: datetime) -> None:
        conversation.receive(ticket=ticket, body="And?", at=at, actor=cast.customer, via="form")

    a, b, c = opened(1, front), opened(1, front), opened(1, back)
    d, e, f, g = opened(2, front), opened(2, back), opened(2, back), opened(1, front)
    progress.cancel(ticket=f, reason="Spam", at=later(minutes=5), **by)
    reply(a, later(minutes=10))
    progress.resolve(ticket=a, code="fixed", text="Done.", at=later(minutes=40), **by)
    reply(b, later(minutes=30))
    progress.resolve(ticket=b, code="fixed", text="Done.", at=later(hours=3), **by)
    reply(d, later(minutes=20))
    ask(d, later(hours=1))
    reply(d, later(minutes=90))
    ask(d, later(hours=2))
    reply(e, later(minutes=20), "waiting")
    reply(g, later(minutes=10))
    ask(g, later(minutes=20))
    reply(g, later(minutes=90))
    ask(g, later(minutes=100))
    reply(g, later(minutes=110), "waiting")
    return SimpleNamespace(a=a, b=b, c=c, d=d, e=e, f=f, g=g, front=front, back=back)


def counted(by: str, basis: Basis = Basis.DECIDED, begin: datetime = T0, end: datetime = NOW) -> dict[Any, Any]:
    """{(obligation, group): (met, missed, of them open, running, paused, cancelled)}"""
    rows = tally(Window(begin, end, NOW, basis), by)
    return {(r.obligation, r.group): (r.met, r.breached, r.late, r.running, r.paused, r.cancelled) for r in rows}


BY_SEVERITY = {
    ("acknowledge", 1): (2, 2, 1, 0, 0, 0),
    ("acknowledge", 2): (2, 0, 0, 0, 0, 1),
    ("first_response", 1): (3, 1, 1, 0, 0, 0),
    ("first_response", 2): (2, 0, 0, 0, 0, 1),
    ("next_response", 1): (1, 1, 0, 0, 0, 0),
    ("next_response", 2): (1, 0, 0, 1, 0, 0),
    ("resolve", 1): (1, 2, 1, 0, 1, 0),
    ("resolve", 2): (0, 0, 0, 1, 1, 1),
}


@pytest.mark.parametrize("swept", [False, True], ids=["before a sweep has seen them", "after"])
@pytest.mark.parametrize("basis", [Basis.DECIDED, Basis.OPENED])
def test_it_equals_the_table_worked_out_by_hand(desk: SimpleNamespace, basis: Basis, swept: bool) -> None:
    if swept:
        sweep(NOW)
    assert counted("severity", basis) == BY_SEVERITY


def test_it_tells_teams_apart(desk: SimpleNamespace) -> None:
    front, back = desk.front.pk, desk.back.pk
    assert counted("team") == {
        ("acknowledge", front): (3, 1, 0, 0, 0, 0),
        ("acknowledge", back): (1, 1, 1, 0, 0, 1),
        ("first_response", front): (4, 0, 0, 0, 0, 0),
        ("first_response", back): (1, 1, 1, 0, 0, 1),
        ("next_response", front): (2, 1, 0, 1, 0, 0),
        ("resolve", front): (1, 1, 0, 1, 1, 0),
        ("resolve", back): (0, 1, 1, 0, 1, 1),
    }


def test_it_goes_by_the_tickets_resolved_when_asked_to(desk: SimpleNamespace) -> None:
    """Only a (09:40) and b (12:00) were resolved; b alone from ten o'clock on."""
    assert counted("severity", Basis.RESOLVED) == {
        ("acknowledge", 1): (1, 1, 0, 0, 0, 0),
        ("first_response", 1): (2, 0, 0, 0, 0, 0),
        ("resolve", 1): (1, 1, 0, 0, 0, 0),
    }
    assert counted("severity", Basis.RESOLVED, begin=later(hours=1))["resolve", 1] == (0, 1, 0, 0, 0, 0)


def test_a_promise_belongs_to_the_period_in_which_it_was_decided(desk: SimpleNamespace) -> None:
    """From eleven: what fell due at 11:00 (b and c, to be solved) and no more; running and paused stand as they are."""
    late = counted("severity", begin=later(hours=2))
    assert late == {
        ("next_response", 2): (0, 0, 0, 1, 0, 0),
        ("resolve", 1): (0, 2, 1, 0, 1, 0),
        ("resolve", 2): (0, 0, 0, 1, 1, 0),
    }
    assert counted("severity", begin=NOW, end=later(days=9))["resolve", 1][:3] == (0, 0, 0)


def test_it_counts_next_responses_by_the_ticket_too(desk: SimpleNamespace) -> None:
    """Of the cycles two of three were in time; of the tickets d was in time throughout, g was not."""
    assert kept_throughout(Window(T0, NOW, NOW)) == (1, 2)


def test_it_lists_the_missed_with_what_they_are_over_by(desk: SimpleNamespace) -> None:
    sweep(later(hours=3))
    rows = missed.misses(missed.listed(Window(T0, NOW, NOW).missed), NOW)
    found = {(miss.clock.ticket_id, miss.clock.obligation): (round(miss.over_by / 60), miss.is_open) for miss in rows}
    assert found == {
        (desk.b.pk, "acknowledge"): (15, False),
        (desk.b.pk, "resolve"): (60, False),
        (desk.c.pk, "acknowledge"): (225, True),
        (desk.c.pk, "first_response"): (210, True),
        (desk.c.pk, "resolve"): (120, True),
        (desk.g.pk, "next_response"): (10, False),
    }
    assert [miss.at for miss in rows] == sorted((miss.at for miss in rows), reverse=True)


def test_it_counts_in_the_hours_that_the_clock_was_held_to(desk: SimpleNamespace) -> None:
    """An edit of the calendar that no sweep has carried to its clocks yet does not change what they are over by."""
    clock = Clock.objects.select_related("calendar").get(ticket=desk.c, obligation="resolve")
    calendar = clock.calendar
    CalendarVersion.objects.update_or_create(
        calendar=calendar, version=clock.calendar_version, defaults={"definition": calendar.definition()}
    )
    Calendar.objects.filter(pk=calendar.pk).update(
        version=clock.calendar_version + 1, hours={"sun": [["09:00", "10:00"]]}
    )
    (miss,) = missed.misses([clock], NOW)
    assert miss.over_by == 2 * 3600


def test_a_new_target_after_most_of_the_old_one_is_flagged(
    desk: SimpleNamespace, cast: SimpleNamespace, as_user: Any
) -> None:
    """P2 is to be solved within 8 hours: after 6:18 a lower severity is nobody's business, after 6:30 it is. c's misses
    are on record already: they stay, and there is nothing to hide; e waits since 9:20."""
    sweep(NOW)
    by: dict[str, Any] = {"reason": "Only one", "actor": cast.agent, "via": "web"}
    early, g = (make.ticket(requester=cast.customer, team=desk.back, severity=2, at=T0) for _ in range(2))
    for ticket in (early, g):
        conversation.reply(
            ticket=ticket, body="Hi", at=later(minutes=5), actor=cast.agent, via="web", then="diagnosing"
        )
    filing.change_severity(ticket=early, to=4, at=later(hours=6.3), **by)
    for ticket in (desk.c, desk.e, g):
        filing.change_severity(ticket=ticket, to=4, at=later(hours=6.5), **by)
    count, rows = missed.late_targets(Window(T0, later(days=1), later(days=1)))
    assert (count, [(row.clock.ticket_id, row.clock.obligation, row.before) for row in rows]) == (
        1, [(g.pk, "resolve", 8 * 3600)],
    )  # fmt: skip
    text = words(as_user(cast.manager).get(f"/dashboard/compliance?{DAY}").content.decode())
    assert "1 in the period" in text
    assert "severity P2 to P4: Only one 8h 00m → " in text


def test_due_at_closing_time_is_not_missed_before_the_desk_opens_again(cast: SimpleNamespace, shop: Any) -> None:
    """P3 is acknowledged within four hours of business time: from Friday 13:00 that is 17:00, when the desk closes."""
    friday = datetime(2026, 3, 6, 13, tzinfo=UTC)
    make.ticket(requester=cast.customer, site=shop, severity=3, at=friday)
    for at, expected in ((friday.replace(hour=20), (0, 0, 0, 1, 0, 0)), (later(days=7, minutes=1), (0, 1, 1, 0, 0, 0))):
        sweep(at)
        rows = tally(Window(friday, at, at), "severity")
        found = next(row for row in rows if row.obligation == "acknowledge")
        assert tuple(getattr(found, name) for name in NUMBERS) == expected


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


DAY = "start=2026-03-02&end=2026-03-02"


def test_the_page_shows_the_figures_the_period_and_the_zone(
    desk: SimpleNamespace, cast: SimpleNamespace, as_user: Any
) -> None:
    page = as_user(cast.manager).get(f"/dashboard/compliance?{DAY}")
    text = words(page.content.decode())
    assert "2026-03-02 to 2026-03-02 · days in UTC" in text
    assert "Decided in the period" in text
    assert "First response All 83.3 % 5 of 6 1" in text
    assert "in 0 of 2 tickets every answer was in time" in text  # by today, d's second question is late too
    by_team = words(as_user(cast.manager).get(f"/dashboard/compliance?{DAY}&by=team").content.decode())
    assert "Acknowledge All 66.7 % 4 of 6 2" in by_team
    assert "Front-end 75.0 % 3 of 4 1 0" in by_team


def test_its_numbers_lead_to_what_was_missed(desk: SimpleNamespace, cast: SimpleNamespace, as_user: Any) -> None:
    client = as_user(cast.manager)
    page = client.get(f"/dashboard/compliance?{DAY}&by=team").content.decode()
    link = f"?start=2026-03-02&end=2026-03-02&by=team&basis=decided&obligation=acknowledge&team={desk.front.pk}#missed"
    assert link in unescape(page)
    only = client.get("/dashboard/compliance" + link)
    assert [miss.clock.ticket_id for miss in only.context["misses"]] == [desk.b.pk]


def test_its_files_are_the_same_and_are_defused(desk: SimpleNamespace, cast: SimpleNamespace, as_user: Any) -> None:
    client = as_user(cast.manager)
    table = b"".join(client.get(f"/dashboard/compliance.csv?{DAY}&by=team").streaming_content).decode()
    assert "next_response,Front-end,2,1,0,1,0,0,66.7" not in table  # by today's light its second cycle is missed too
    assert "first_response,Front-end,4,0,0,0,0,0,100.0" in table
    promises = b"".join(client.get(f"/dashboard/compliance/promises.csv?{DAY}").streaming_content).decode()
    assert f"{desk.b.pk},'=Shop,acknowledge,1,P1,Front-end,Shop,Acme,missed,900,1800,900," in promises
    assert ",=Shop" not in promises
    assert AuditEntry.objects.filter(action="report exported", actor=cast.manager).count() == 2


def test_agents_read_of_what_they_may_see(
    desk: SimpleNamespace, security: Any, cast: SimpleNamespace, as_user: Any
) -> None:
    hidden = make.ticket(requester=cast.customer, team=security, severity=1, at=T0, subject="Secret matter")
    path = f"/dashboard/compliance?{DAY}&by=team"
    for who in (cast.agent, cast.manager):
        page = as_user(who).get(path)
        assert page.status_code == 200
        assert "Secret matter" not in page.content.decode()
        assert "Security" not in as_user(who).get(f"{path}&team={security.pk}").content.decode()
        promises = b"".join(as_user(who).get(f"/dashboard/compliance/promises.csv?{DAY}").streaming_content).decode()
        assert f"{hidden.pk}," not in promises
    assert "Secret matter" in as_user(cast.guard).get(path).content.decode()
    assert as_user(cast.customer).get(path).status_code == 404


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("start=2026-03-02&end=2026-03-01", "The last day comes before the first."),
        ("start=2020-01-01&end=2026-03-01", "days at most"),
        ("start=0001-01-01&end=0001-01-01", "of this century"),
        ("start=9999-12-31", "of this century"),
        ("start=soon", "Enter a valid date"),
        ("by=shoe&basis=moon&severity=9&team=x&site=99999999999999999999&obligation=%00", "Select a valid choice"),
    ],
)
def test_a_question_that_cannot_be_is_said_at_its_field(
    query: str, says: str, cast: SimpleNamespace, as_user: Any
) -> None:
    page = as_user(cast.manager).get(f"/dashboard/compliance?{query}")
    assert page.status_code == 200
    assert says in words(page.content.decode())


@pytest.mark.parametrize(
    ("query", "days"), [("start=2026-01-10", 51), ("end=2026-01-10", 30), ("start=2030-01-10", 1), ("", 30)]
)
def test_a_period_may_be_left_open_at_one_end(query: str, days: int) -> None:
    from_query = asked.read(asked.QueryDict(query), datetime(2026, 3, 1, 12, tzinfo=UTC))[1]
    begin, end = from_query.window
    assert (end - begin) == timedelta(days=days)


def test_days_begin_at_midnight_of_the_reader(cast: SimpleNamespace) -> None:
    with timezone.override("Europe/Berlin"):
        begin, end = asked.read(asked.QueryDict("start=2026-03-29&end=2026-03-29"), NOW)[1].window
    assert (begin.astimezone(UTC), end.astimezone(UTC)) == (
        datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC),
    )  # fmt: skip


def test_it_asks_few_statements_however_long_it_is(
    desk: SimpleNamespace, cast: SimpleNamespace, as_user: Callable[..., Any]
) -> None:
    client = as_user(cast.manager)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked_for:
            client.get(f"/dashboard/compliance?{DAY}&by=team&team={desk.back.pk}")
        return len(asked_for)

    statements()
    few = statements()
    for _ in range(12):
        make.ticket(requester=cast.customer, team=desk.back, severity=1, at=T0)
    assert statements() == few <= 15
