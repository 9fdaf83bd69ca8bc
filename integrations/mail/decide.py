"""What is to become of a letter: the rules, asked one after the other, each answer noted. Reads, changes nothing."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from accounts.models import User
from deliveries import references
from deliveries.actions import bounced_one
from deliveries.models import Delivery
from integrations.mail import brakes
from integrations.mail.headers import Headers
from integrations.mail.known import Known
from integrations.mail.letter import Letter
from integrations.mail.matching import Match, Step, match
from integrations.mail.participants import Sender, Standing, sender_of, standing, why_not
from integrations.mail.thread import How, clues
from integrations.models import Mailbox
from tickets.models import Ticket
from tickets.states import Status

SPOKEN, REPEATED = 8, 2  # letters of a line that says something; such lines that are no chance


class Act(StrEnum):
    """What the desk does with it."""

    DROP = "drop"
    BOUNCE = "bounce"
    HOLD = "hold"
    OPEN = "open"
    RECEIVE = "receive"  # the asking side writes
    REPLY = "reply"  # the desk answers by mail
    NOTE = "note"  # the desk, about internal words or where no answer is possible
    FILE = "file"  # nobody typed it


@dataclass(frozen=True, slots=True)
class Plan:
    """`ticket`: where it goes; `candidate`: where it may belong; `reason`: why it goes no further, in words."""

    act: Act
    sender: Sender
    steps: list[Step] = field(default_factory=list)
    ticket: Ticket | None = None
    candidate: Ticket | None = None
    delivery: Delivery | None = None
    matched_by: str = ""
    reason: str = ""
    quiet: bool = False

    @property
    def stores(self) -> bool:
        """It becomes a message."""
        return self.act in (Act.OPEN, Act.RECEIVE, Act.REPLY, Act.NOTE, Act.FILE)


def decide(letter: Letter, headers: Headers, mailbox: Mailbox | None, known: Known, *, at: datetime) -> Plan:
    """The plan for a letter that came to this mailbox."""
    sender, steps = sender_of(letter, known), list[Step]()
    proof = "proven" if sender.proven else "refuted" if sender.refuted else "unproven"
    steps.append(["sender", proof, f"{sender.address or 'no usable address'}, dmarc={letter.authentication.dmarc}"])
    plan = Plan(Act.DROP, sender, steps)
    if own := brakes.is_own(letter, headers, known):
        steps.append(["own mail", "yes", own])
        return replace(plan, reason=f"Our own mail came back: {own}.")
    if letter.bounce is not None:
        return bounce(plan, letter)
    signs = [*letter.automatic, *(["an abuse report"] if letter.feedback else [])]
    steps.append(["automatic", "yes" if signs else "no", ", ".join(signs)])
    found = match(clues(letter, references.read_all), mailbox.pk if mailbox else None, steps)
    if found is None:
        return unmatched(plan, letter, automatic=bool(signs), at=at)
    found = where_it_went(found, sender, steps)
    return on_ticket(plan, found, letter, automatic=bool(signs))


def bounce(plan: Plan, letter: Letter) -> Plan:
    """A report that our mail did not arrive: it belongs to that mail's ticket, and opens nothing."""
    assert letter.bounce is not None
    addresses = [address.addr for address in (*letter.delivered_to, *letter.to)]
    delivery = bounced_one(addresses=addresses, message_ids=letter.bounce.returned_ids)
    known = f"to {delivery.address}" if delivery else "none that we sent"
    plan.steps.append(["bounce", "yes", f"{letter.bounce.status or 'no status'}, of a mail {known}"])
    ticket = delivery.ticket if delivery else None
    return replace(plan, act=Act.BOUNCE, delivery=delivery, ticket=ticket, matched_by="bounce" if delivery else "")


def where_it_went(found: Match, sender: Sender, steps: list[Step]) -> Match:
    """A duplicate leads to the ticket it was merged into, for those who have a part in that one."""
    main = found.ticket.merged_into
    if main is None or standing(sender.user, main) == Standing.STRANGER:
        return found
    steps.append(["merged", "yes", f"#{found.ticket.pk} went into #{main.pk}"])
    return replace(found, ticket=main)


def on_ticket(plan: Plan, found: Match, letter: Letter, *, automatic: bool) -> Plan:
    """A letter that seems to belong to a ticket."""
    ticket, why = found.ticket, why_not(plan.sender, found)
    place = standing(plan.sender.user, ticket)
    plan.steps.append(["may join", "no" if why else "yes", why or f"{plan.sender.address} is of its {place} side"])
    plan = replace(plan, matched_by=found.how.value)
    if automatic:
        if found.proven and place != Standing.STRANGER:
            return replace(plan, act=Act.FILE, ticket=ticket)
        return replace(plan, candidate=ticket, reason=f"Nobody typed it, and it may not join #{ticket.pk}: {why}.")
    if why:
        return replace(plan, act=Act.HOLD, candidate=ticket, reason=f"Perhaps of #{ticket.pk}: {why}.")
    if place == Standing.ASKING:
        return replace(plan, act=Act.RECEIVE, ticket=ticket)
    if told := why_only_a_note(found, letter, plan.sender.user):
        plan.steps.append(["to the requester", "no", told])
        return replace(plan, act=Act.NOTE, ticket=ticket)
    return replace(plan, act=Act.REPLY, ticket=ticket)


def why_only_a_note(found: Match, letter: Letter, agent: User | None) -> str:
    """Why the desk's mail stays with the desk, in words; "" when it answers the requester."""
    if found.internal:
        return "it answers internal words"
    if found.how == How.SUBJECT:
        return "it answers none of the ticket's mail"
    if not letter.reply_text.strip():
        return "it has no words of its own"
    if repeats_the_desks(letter.reply_text, found.ticket, agent):
        return "it repeats what the desk was told"
    if found.ticket.requester_id is None:
        return "the ticket has no requester"
    if found.ticket.status in (Status.CLOSED, Status.CANCELLED):
        return f"the ticket is {found.ticket.status_label.lower()}"
    return ""


def repeats_the_desks(text: str, ticket: Ticket, agent: User | None) -> bool:
    """Whether a letter to this person of the desk was taken for words of their own: not every program marks quotes."""
    if any(one.to_desk for one in references.read_all(text)):
        return True
    lines = spoken_lines(text)
    letters = Delivery.objects.filter(ticket=ticket, user=agent).order_by("-pk")
    return any(len(lines & spoken_lines(body)) >= REPEATED for body in letters.values_list("body_text", flat=True)[:20])


def spoken_lines(text: str) -> set[str]:
    """The lines of a text that say something, by their letters and digits alone."""
    lines = ("".join(char for char in line.lower() if char.isalnum()) for line in text.split("\n", 2000)[:2000])
    return {line for line in lines if len(line) >= SPOKEN}


def unmatched(plan: Plan, letter: Letter, *, automatic: bool, at: datetime) -> Plan:
    """A letter that belongs to no ticket opens one, unless there is a reason not to."""
    user = plan.sender.user
    if automatic and brakes.is_answer(letter):
        return replace(plan, reason="An automatic answer to nothing we know.")
    why = ""
    if not plan.sender.address:
        why = "it has no sender who could be answered"
    elif user is not None and not user.is_active:
        why = "its sender may no longer use the desk"
    elif letter.spam:
        why = "a filter before us takes it for spam"
    elif user is not None and brakes.opens_too_many(user, at=at):
        why = "its sender opened very many tickets within an hour"
    plan.steps.append(["opens a ticket", "no" if why else "yes", why])
    if why:
        return replace(plan, act=Act.HOLD, reason=f"Held: {why}.")
    return replace(plan, act=Act.OPEN, quiet=automatic or plan.sender.refuted)
