"""Bulk tickets for measuring: deterministic, shaped like a desk of a year (10 % open, 2.9 messages each)."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.models import Membership, Organisation, Role, Team, User
from catalog.models import Component, Site
from helpdesk.demo.bulk import copy
from helpdesk.demo.words import text, title
from lib.markdown import SANITISER_VERSION
from sla import rulebook
from sla.models import Clock, Obligation, State
from tickets.models import Csat, Event, Kind, Message, SearchDocument, Ticket
from tickets.search import CONFIG, bucket_sql

Say = Callable[[str], None]
TEAMS, AGENTS, REQUESTERS, SITES = 8, 20, 2_000, 5
STATUSES = ["new", "acknowledged", "diagnosing", "waiting", "on_hold", "resolved", "closed", "cancelled"]
SHARES = [2, 2, 3, 2.5, 0.5, 3, 85, 2]
OPEN_STATUSES = STATUSES[:5]
SEEDED = "scale"
NO_SIGN_IN = "!"  # what Django writes for a password that nothing matches


@dataclass
class Cast:
    """Who the rows are about."""

    teams: list[Team]
    agents: list[User]
    requesters: list[User]
    sites: list[Site]


def cast_of() -> Cast:
    """Eight teams, twenty agents, two thousand requesters, five sites; made once."""
    if not Team.objects.filter(slug=f"{SEEDED}-0").exists():
        teams = Team.objects.bulk_create(
            Team(name=f"Scale team {i}", slug=f"{SEEDED}-{i}", tier=1 + i % 3) for i in range(TEAMS)
        )
        people = User.objects.bulk_create(
            [
                User(email=f"agent{i}@scale.example", name=f"Scale Agent {i}", role=Role.AGENT, password=NO_SIGN_IN)
                for i in range(AGENTS)
            ]
        )
        Membership.objects.bulk_create(Membership(team=teams[i % TEAMS], user=a) for i, a in enumerate(people))
        orgs = Organisation.objects.bulk_create(Organisation(name=f"Scale customer {i}") for i in range(100))
        User.objects.bulk_create(
            [
                User(
                    email=f"r{i}@scale.example",
                    name=f"Scale Requester {i}",
                    organisation=orgs[i % 100],
                    password=NO_SIGN_IN,
                )
                for i in range(REQUESTERS)
            ]
        )
        sites = Site.objects.bulk_create(
            Site(name=f"Scale site {i}", slug=f"{SEEDED}-{i}", fallback_team=teams[i]) for i in range(SITES)
        )
        Component.objects.bulk_create(
            Component(site=s, name=f"Part {j}", slug=f"part-{j}") for s in sites for j in range(4)
        )
    return Cast(
        teams=list(Team.objects.filter(slug__startswith=SEEDED).order_by("pk")),
        agents=list(User.objects.filter(email__startswith="agent", email__endswith="@scale.example").order_by("pk")),
        requesters=list(User.objects.filter(email__startswith="r", email__endswith="@scale.example").order_by("pk")),
        sites=list(Site.objects.filter(slug__startswith=SEEDED).order_by("pk")),
    )


def tickets(count: int, first: int, cast: Cast, *, now: datetime, seed: int) -> Iterator[Ticket]:
    """Tickets over the last year, the open ones among the newest month."""
    rng = random.Random(seed)
    for i in range(count):
        status = rng.choices(STATUSES, SHARES)[0]
        days = 30 if status in OPEN_STATUSES else 365
        opened = now - timedelta(seconds=rng.random() ** 1.2 * days * 86_400 + 60)
        requester = rng.choice(cast.requesters)
        team = rng.choice(cast.teams)
        answered = status not in ("new", "cancelled")
        done = status in ("resolved", "closed")
        resolved = opened + timedelta(hours=rng.expovariate(1 / 20)) if done else None
        resolved = min(resolved, now - timedelta(seconds=30)) if resolved else None
        ticket = Ticket(
            pk=first + i,
            kind=rng.choice(["incident", "incident", "request", "problem"]),
            severity=rng.choices([1, 2, 3, 4], [2, 13, 60, 25])[0],
            status=status,
            subject=title(rng),
            site=rng.choice(cast.sites),
            organisation_id=requester.organisation_id,
            requester=requester,
            team=team,
            tier=team.tier,
            assignee=rng.choice(cast.agents) if status != "new" else None,
            channel=rng.choice(["form", "email", "api", "alert", "phone"]),
            tags=sorted(rng.sample(["billing", "login", "speed", "mobile", "search", "export"], rng.randint(0, 2))),
            opened_at=opened,
            last_event_at=resolved or opened,
            needs_reply=status in ("new", "diagnosing"),
            acknowledged_at=opened + timedelta(minutes=rng.expovariate(1 / 20)) if answered else None,
            resolved_at=resolved,
            closed_at=resolved if status == "closed" else None,
            resolution="fixed" if done else "",
            verification="requester" if status == "closed" else "",
            verified_at=resolved if status == "closed" else None,
            hold_reason="Waiting for a supplier" if status == "on_hold" else "",
            wakes_at=now + timedelta(days=5 + rng.random() * 20) if status == "on_hold" else None,
            closes_at=now + timedelta(days=5) if status == "resolved" else None,
        )
        if answered:
            ticket.first_responded_at = opened + timedelta(minutes=rng.expovariate(1 / 60))
        if status in ("new", "acknowledged", "diagnosing"):
            ticket.next_due_at = now + timedelta(hours=1 + rng.random() * 400)
        yield ticket


def talk(made: list[Ticket], cast: Cast, first: int, *, seed: int) -> Iterator[Message]:
    """About 2.9 messages a ticket, 50 to 300 words each, the first by the requester, some of them notes."""
    rng = random.Random(seed + 1)
    pk = first
    for ticket in made:
        for n in range(rng.choices([1, 2, 3, 4, 5, 6], [18, 26, 25, 17, 9, 5])[0]):
            desk = n % 2 == 1
            body = text(rng, 50, 300)
            yield Message(
                pk=pk,
                ticket_id=ticket.pk,
                author_id=ticket.requester_id if not desk else (ticket.assignee_id or cast.agents[0].pk),
                from_desk=desk,
                audience="internal" if desk and n == 3 else "public",
                channel="form",
                body=body,
                html="<p>" + body.replace("\n\n", "</p>\n<p>") + "</p>\n",
                html_version=SANITISER_VERSION,
                at=ticket.opened_at + timedelta(minutes=7 * n),
            )
            pk += 1


def history(
    made: list[Ticket], messages: list[tuple[int, int, int | None, bool, str, datetime]], first: int
) -> Iterator[Event]:
    """Opened and placed for each ticket, a line for each message, resolved and closed for the finished."""
    pk = first
    by_ticket: dict[int, list[tuple[int, int, int | None, bool, str, datetime]]] = {}
    for message in messages:
        by_ticket.setdefault(message[1], []).append(message)
    for ticket in made:
        said = by_ticket[ticket.pk]
        rows: list[tuple[Kind, datetime, int | None, int | None, dict[str, object]]] = [
            (Kind.OPENED, ticket.opened_at, said[0][2], said[0][0], {"channel": ticket.channel}),
            (Kind.PLACED, ticket.opened_at, None, None, {"team_name": "Scale", "fallback": True}),
        ]
        for number, _, author, desk, audience, at in said[1:]:
            kind = Kind.NOTED if audience == "internal" else Kind.REPLIED if desk else Kind.RECEIVED
            rows.append((kind, at, author, number, {}))
        if ticket.resolved_at:
            rows.append((Kind.RESOLVED, ticket.resolved_at, ticket.assignee_id, None, {"code": "fixed"}))
        if ticket.closed_at:
            rows.append((Kind.CLOSED, ticket.closed_at, None, None, {"how": "requester"}))
        for kind, at, actor, message_pk, data in rows:
            yield Event(
                pk=pk, ticket_id=ticket.pk, kind=kind, at=at, recorded_at=at, actor_id=actor, via=SEEDED,
                message_id=message_pk, data=data,
            )  # fmt: skip
            pk += 1


def clocks(made: list[Ticket], first: int, *, now: datetime, seed: int) -> Iterator[Clock]:
    """Acknowledge, first response and resolve for each ticket: running for the open, else stopped."""
    rng = random.Random(seed + 2)
    book = rulebook.current()
    rule = book.rules[-1]
    pk = first
    for ticket in made:
        if ticket.status == "cancelled":
            continue
        stops = {
            Obligation.ACKNOWLEDGE: ticket.acknowledged_at,
            Obligation.FIRST_RESPONSE: ticket.first_responded_at,
            Obligation.RESOLVE: ticket.resolved_at,
        }
        for obligation, stopped in stops.items():
            terms = rule.terms[(ticket.severity, obligation)]
            running = stopped is None
            due = ticket.next_due_at or now + timedelta(hours=1 + rng.random() * 400)
            missed = not running and rng.random() < 0.08
            yield Clock(
                pk=pk,
                ticket_id=ticket.pk,
                obligation=obligation,
                severity=ticket.severity,
                policy_id=rule.pk,
                policy_version=rule.version,
                reason="Default policy",
                target=terms.target,
                calendar_id=terms.calendar,
                calendar_version=terms.calendar_version,
                state=State.RUNNING if running else State.STOPPED,
                started_at=ticket.opened_at,
                stopped_at=stopped,
                spans=[
                    {
                        "from": ticket.opened_at.isoformat(),
                        "to": stopped and stopped.isoformat(),
                        "kind": "running",
                        "cause": "opened",
                    }
                ],
                elapsed=(stopped - ticket.opened_at).total_seconds() if stopped else 0,
                due_at=due if running else None,
                fires_at=due if running else None,
                breached_at=stopped if missed else None,
                settled_at=stopped,
            )
            pk += 1


def seed_scale(count: int, *, now: datetime, seed: int = 7, say: Say = print) -> None:
    """Add `count` tickets with messages, events, clocks, ratings and search words: one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Foreign keys are checked at once, as an index cannot be made while checks are pending.
        cursor.execute(
            "SET LOCAL statement_timeout = 0; SET LOCAL synchronous_commit = off; SET CONSTRAINTS ALL IMMEDIATE"
        )
        cast = cast_of()

        def after(table: str) -> int:
            cursor.execute(f"SELECT coalesce(max(id), 1000) + 1 FROM {table}")  # noqa: S608 - fixed names
            return int(cursor.fetchone()[0])

        first_message, first_event = after("tickets_message"), after("tickets_event")
        made = list(tickets(count, after("tickets_ticket"), cast, now=now, seed=seed))
        say(f"  {copy(Ticket, made):,} tickets")
        facts: list[tuple[int, int, int | None, bool, str, datetime]] = []

        def noted() -> Iterator[Message]:
            for m in talk(made, cast, first_message, seed=seed):
                facts.append((m.pk, m.ticket_id, m.author_id, m.from_desk, m.audience, m.at))
                yield m

        say(f"  {copy(Message, noted()):,} messages")
        say(f"  {copy(Event, history(made, facts, first_event)):,} events")
        say(f"  {copy(Clock, clocks(made, after('sla_clock'), now=now, seed=seed)):,} clocks")
        rated = (t for i, t in enumerate(made) if t.closed_at and i % 4 == 0)
        ratings = (
            Csat(pk=pk, ticket_id=t.pk, score=1 + (t.pk * 7) % 5, at=t.closed_at or now)
            for pk, t in enumerate(rated, after("tickets_csat"))
        )
        say(f"  {copy(Csat, ratings):,} ratings")
        index_words(made[0].pk, made[-1].pk)
        say("  words for the search")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")


def index_words(first: int, last: int) -> None:
    """The search documents of these tickets, made by the database from their messages."""
    table = SearchDocument._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'; SET LOCAL work_mem = '128MB'")
        for index in ("search_public_words", "search_all_words"):
            cursor.execute(f"DROP INDEX {index}")
        cursor.execute(
            f"""
            INSERT INTO {table} (ticket_id, public, internal)
            SELECT id, said, CASE WHEN notes IS NULL THEN said ELSE said || to_tsvector('{CONFIG}', notes) END
              FROM (SELECT t.id,
                           to_tsvector('{CONFIG}', t.subject || ' '
                             || string_agg(m.body, ' ') FILTER (WHERE m.audience = 'public'))
                             || {bucket_sql("t.id")} AS said,
                           string_agg(m.body, ' ') FILTER (WHERE m.audience = 'internal') AS notes
                      FROM tickets_ticket t JOIN tickets_message m ON m.ticket_id = t.id
                     WHERE t.id BETWEEN %s AND %s GROUP BY t.id OFFSET 0) AS words
            """,  # noqa: S608 - only constants are formatted in
            [first, last],
        )
        cursor.execute(f"CREATE INDEX search_public_words ON {table} USING gin (public) WITH (fastupdate = off)")
        cursor.execute(f"CREATE INDEX search_all_words ON {table} USING gin (internal) WITH (fastupdate = off)")
