"""Thirty days of a desk through the real verbs, each told the time at which it happened.

A heap of what is to happen next, in order of time; between two things the sweeps run with that time as now, so that
reminders, silence, warnings and breaches happen as they would have. Deliveries are written as already sent.
"""

import heapq
import json
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count

from accounts.models import User
from deliveries.send import keep_past
from helpdesk.demo.handovers import Upwards
from helpdesk.demo.stories import ALERTS, STORIES, Story
from helpdesk.demo.world import World
from integrations import inbound
from integrations.models import Door
from sla.sweep import sweep as sweep_clocks
from tickets.actions import assignment, conversation, filing, progress
from tickets.actions.opening import NewTicket, open_ticket
from tickets.errors import Refused
from tickets.models import Channel, Ticket
from tickets.states import Status
from tickets.tasks import SWEEPS, sweep

DAYS = 30
PER_DAY = 5
SWEEP_EVERY = timedelta(hours=6)
Step = Callable[[datetime], None]


class Replay:
    """The heap and what the steps need."""

    def __init__(self, world: World, *, now: datetime) -> None:
        self.world, self.now = world, now
        self.rng = random.Random(20)
        self.heap: list[tuple[datetime, int, Step]] = []
        self.order = count()
        self.upwards = Upwards(world.teams["back-end"], [world.desk["ben"], world.desk["lea"]])

    def plan(self, at: datetime, step: Step) -> None:
        """Do `step` at `at`, unless that is still to come: then the ticket stays as it is now."""
        if at < self.now:
            heapq.heappush(self.heap, (at, next(self.order), step))

    def run(self, say: Callable[[str], None]) -> None:
        """Everything in order of time."""
        swept = self.heap[0][0]
        told = 0
        while self.heap:
            at, _, step = heapq.heappop(self.heap)
            while swept + SWEEP_EVERY < at:
                swept += SWEEP_EVERY
                self.sweep(swept)
            with suppress(Refused):  # the story went another way meanwhile: closed by silence, reopened
                step(at)
            day = DAYS - (self.now - at).days
            if day >= told + 6:
                told = day
                say(f"  day {day} of {DAYS}")
        self.sweep(self.now)

    def sweep(self, now: datetime) -> None:
        """What time does by itself, as of `now`; mail of the past has long been sent."""
        sweep_clocks(now)
        for column in SWEEPS:
            sweep(column, now)
        keep_past(now)

    # -- one ticket's story ------------------------------------------------------------------------------------------

    def minutes(self, mean: float) -> timedelta:
        return timedelta(minutes=max(2.0, self.rng.expovariate(1 / mean)))

    def at_work(self, at: datetime) -> datetime:
        """The next instant within somebody's working day, Monday to Friday, 8 to 18 UTC."""
        while at.weekday() > 4 or not 8 <= at.hour < 18:
            at = (at + timedelta(days=at.hour >= 8)).replace(hour=8, minute=self.rng.randrange(5, 55))
        return at

    def tell(self, story: Story, at: datetime, *, until: str = "end", pace: float = 1.0) -> None:
        """Plan a ticket's life from `at` on. `until` stops it early: new, taken, handed, asked, answered, resolved."""
        requester = self.rng.choice(self.world.customers)

        def open_it(when: datetime) -> None:
            site = self.world.sites[story.site]
            by_phone = story.channel == Channel.PHONE
            clerk = self.world.desk["ada"] if by_phone else None
            ticket = open_ticket(
                new=NewTicket(
                    subject=story.subject, body=story.body, kind=story.kind, channel=story.channel,
                    requester=requester, author=clerk or requester, site=site,
                    component=site.components.filter(name=story.component).first(),
                    impact=story.impact, urgency=story.urgency,
                ),
                at=when, actor=clerk or requester, via="web" if by_phone else story.channel,
            )  # fmt: skip
            if until != "new":
                taken = when + self.minutes(18 * ticket.severity * pace)
                taken = taken if until == "handed" else self.at_work(taken)  # what waits this morning, on any day
                self.plan(taken, lambda t: self.take(ticket, story, t, until))

        self.plan(at, open_it)

    def agent_for(self, ticket: Ticket) -> User:
        members = [
            u for u in self.world.desk.values() if u.role == "agent" and u.teams.filter(pk=ticket.team_id).exists()
        ]
        return self.rng.choice(members)

    def take(self, ticket: Ticket, story: Story, at: datetime, until: str) -> None:
        agent = self.agent_for(ticket)
        assignment.assign(ticket=ticket, to=agent, at=at, actor=agent, via="web")
        if until == "taken":
            return
        if story.note:
            conversation.note(ticket=ticket, body=story.note, at=at + timedelta(minutes=4), actor=agent, via="web")
        if until == "handed":
            self.upwards.send(ticket, story, agent, at + timedelta(minutes=9))
            return
        then = self.at_work(at + self.minutes(25))
        if self.upwards.goes_up(ticket):
            self.plan(then, lambda t: self.hand_up(ticket, story, agent, t, until))
        elif story.ask:
            self.plan(then, lambda t: self.ask(ticket, story, agent, t, until))
        else:
            self.plan(then, lambda t: self.reassure(ticket, story, agent, t, until))

    def hand_up(self, ticket: Ticket, story: Story, agent: User, at: datetime, until: str) -> None:
        """Up a tier; the second line answers, and whoever has it then goes on."""
        self.upwards.send(ticket, story, agent, at)

        def go_on(person: User, then: datetime) -> None:
            self.plan(self.at_work(then), lambda t: self.reassure(ticket, story, person, t, until))

        self.plan(self.at_work(at + self.minutes(40)), lambda t: self.upwards.answer(ticket, agent, t, go_on=go_on))

    def ask(self, ticket: Ticket, story: Story, agent: User, at: datetime, until: str) -> None:
        body = f"Thank you for writing. {story.ask}"
        conversation.reply(ticket=ticket, body=body, at=at, actor=agent, via="web")
        if until == "asked" or self.rng.random() < 0.06:
            return

        def answer(t: datetime) -> None:
            assert ticket.requester is not None
            conversation.receive(ticket=ticket, body=story.answer, at=t, actor=ticket.requester, via="form")
            if until != "answered":
                self.plan(self.at_work(t + self.minutes(110)), lambda w: self.resolve(ticket, story, agent, w, until))

        self.plan(self.at_work(at + self.minutes(95)), answer)

    def reassure(self, ticket: Ticket, story: Story, agent: User, at: datetime, until: str) -> None:
        body = "Thank you for telling us. We can see it too and are looking into it."
        conversation.reply(ticket=ticket, body=body, at=at, actor=agent, via="web", then=Status.DIAGNOSING)
        if self.rng.random() < 0.3:
            filing.promise(
                ticket=ticket, expected_by=self.at_work(at + timedelta(hours=20)), at=at, actor=agent, via="web"
            )
        if until != "answered":
            self.plan(self.at_work(at + self.minutes(160)), lambda t: self.resolve(ticket, story, agent, t, until))

    def resolve(self, ticket: Ticket, story: Story, agent: User, at: datetime, until: str) -> None:
        progress.resolve(ticket=ticket, code=story.code, text=story.fix, at=at, actor=agent, via="web")
        if until == "resolved":
            return
        later = at + self.minutes(300)
        chance = self.rng.random()
        if chance < 0.58:
            self.plan(later, lambda t: self.confirm(ticket, t))
        elif chance < 0.68:
            self.plan(self.at_work(later), lambda t: self.check(ticket, t))
        elif chance < 0.78:
            self.plan(later, lambda t: self.object(ticket, story, agent, t))

    def confirm(self, ticket: Ticket, at: datetime) -> None:
        person = ticket.requester
        progress.verify_and_close(ticket=ticket, how="requester", at=at, actor=person, via="form")
        if self.rng.random() < 0.7:
            score = self.rng.choices([1, 2, 3, 4, 5], [2, 4, 9, 30, 55])[0]
            comment = "Quick and friendly, thank you." if score == 5 and self.rng.random() < 0.4 else ""
            progress.rate(
                ticket=ticket, score=score, comment=comment, at=at + timedelta(minutes=1), actor=person, via="form"
            )

    def check(self, ticket: Ticket, at: datetime) -> None:
        ticket.refresh_from_db()
        others = [u for u in self.world.desk.values() if u.role == "manager" and u.pk != ticket.resolved_by_id]
        progress.verify_and_close(
            ticket=ticket, how="qa", at=at, actor=others[0], via="web", evidence="Tried it on the live site: works."
        )

    def object(self, ticket: Ticket, story: Story, agent: User, at: datetime) -> None:
        assert ticket.requester is not None
        conversation.receive(ticket=ticket, body="It is back, sorry.", at=at, actor=ticket.requester, via="form")
        self.plan(self.at_work(at + self.minutes(120)), lambda t: self.resolve(ticket, story, agent, t, "end"))

    # -- monitoring --------------------------------------------------------------------------------------------------

    def alert(self, number: int, at: datetime, *, lasts: timedelta | None) -> None:
        """A firing body through the real intake, and its recovery."""
        name, component, severity, summary = ALERTS[number]

        def post(status: str, when: datetime) -> None:
            body = {
                "version": "4", "status": status, "groupLabels": {"alertname": name}, "commonLabels": {},
                "commonAnnotations": {}, "externalURL": "https://alertmanager.example",
                "alerts": [{
                    "status": status, "fingerprint": f"demo{number}{at:%m%d%H}",
                    "labels": {"alertname": name, "severity": severity, "component": component.lower()},
                    "annotations": {"summary": summary, "runbook_url": "https://wiki.example/runbooks/demo"},
                    "startsAt": at.isoformat(),
                    "endsAt": when.isoformat() if status == "resolved" else "0001-01-01T00:00:00Z",
                    "generatorURL": "https://prometheus.example/graph",
                }],
            }  # fmt: skip
            row = inbound.store(
                door=Door.ALERT, raw=json.dumps(body).encode(), at=when, source=self.world.source,
                content_type="application/json",
            )  # fmt: skip
            inbound.interpret(row, now=when)

        self.plan(at, lambda t: post("firing", t))
        if lasts:
            self.plan(at + lasts, lambda t: post("resolved", t))


def replay(world: World, *, now: datetime, say: Callable[[str], None]) -> None:
    """Thirty days that end now, with a busy today and a clock about to break."""
    story = Replay(world, now=now)
    rng = story.rng
    for day in range(DAYS, 1, -1):
        date = now - timedelta(days=day)
        for _ in range(PER_DAY if date.weekday() < 5 else 1):
            opened = date.replace(hour=0, minute=0) + timedelta(hours=rng.triangular(7, 19, 10))
            until = rng.choices(["end", "asked", "answered"], [93, 4, 3])[0] if day < 10 else "end"
            story.tell(rng.choice(STORIES), opened, until=until)
        if day % 4 == 0:
            story.alert(rng.randrange(1, len(ALERTS)), date, lasts=timedelta(minutes=rng.randrange(8, 90)))
    today(story, now)
    story.run(say)


def today(story: Replay, now: datetime) -> None:
    """What the agents find this morning: something of everything, and deadlines on both sides of now."""
    ago = [("new", 12), ("new", 31), ("new", 3), ("new", 52), ("taken", 95), ("taken", 140), ("asked", 300),
           ("asked", 1500), ("answered", 420), ("answered", 700), ("answered", 1300), ("resolved", 1600),
           ("resolved", 900), ("new", 75), ("taken", 230)]  # fmt: skip
    for number, (until, minutes) in enumerate(ago):
        story.tell(STORIES[number], now - timedelta(minutes=minutes), until=until, pace=0.3)
    for number, minutes in ((1, 130), (11, 85)):
        story.tell(STORIES[number], now - timedelta(minutes=minutes), until="handed", pace=0.1)
    story.alert(0, now - timedelta(minutes=24), lasts=None)
    story.alert(3, now - timedelta(minutes=190), lasts=timedelta(minutes=40))
