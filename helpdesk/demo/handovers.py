"""Some of the demo's tickets go up a tier: with a packet, accepted or bounced, by the same verbs as on the pages."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from accounts.models import Team, User
from helpdesk.demo.stories import Story
from tickets.actions import assignment
from tickets.actions.handover import accept_handover, bounce_handover, hand_over
from tickets.models import Ticket

UP = 0.16  # of the first line's tickets
BOUNCED = 0.25
WHY = [
    "Nothing in our logs at that time: which account was it, and which order?",
    "This is a setting that your team can change: see the article about it.",
    "Please try it signed out first, and tell us what you see.",
]


class Upwards:
    """Who decides by chance what goes up, apart from the other stories' chances."""

    def __init__(self, team: Team, people: list[User]) -> None:
        self.team, self.people = team, people
        self.rng = random.Random(7)

    def goes_up(self, ticket: Ticket) -> bool:
        return ticket.tier < self.team.tier and not ticket.team.restricted and self.rng.random() < UP

    def send(self, ticket: Ticket, story: Story, agent: User, at: datetime) -> None:
        """The first line hands it to the demo's second."""
        packet = {
            "impact": f"One demo customer. Impact {story.impact or 'low'}, urgency {story.urgency or 'low'}.",
            "symptoms": story.body,
            "tried": story.note or "Tried it with a demo account in two browsers: the same.",
            "environment": f"{ticket.site}, {story.component}",
            "evidence": f"https://logs.example/demo/{ticket.pk}",
            "promised": "An answer within the working day.",
        }
        hand_over(ticket=ticket, to=self.team, packet=packet, at=at, actor=agent, via="web")

    def answer(self, ticket: Ticket, agent: User, at: datetime, *, go_on: Callable[[User, datetime], None]) -> None:
        """The second line accepts and works it, or bounces it to the agent; `go_on` with whoever has it then."""
        person = self.rng.choice(self.people)
        if self.rng.random() < BOUNCED:
            reason = self.rng.choice(WHY)
            bounce_handover(ticket=ticket, reason=reason, at=at, actor=person, via="web")
            go_on(agent, at + timedelta(minutes=15))
            return
        accept_handover(ticket=ticket, at=at, actor=person, via="web")
        assignment.assign(ticket=ticket, to=person, at=at + timedelta(minutes=2), actor=person, via="web")
        go_on(person, at + timedelta(minutes=20))
