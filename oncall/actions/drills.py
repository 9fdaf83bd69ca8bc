"""Drills: each way of reaching somebody is tried while nothing is wrong, and they say that it arrived."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import User
from oncall import drilltimes, proofs, reading
from oncall.models import Call, ContactMethod, Drill, Page, Rota, Via
from oncall.reach import masked_label
from oncall.roster import Roster, zone_of
from tickets.models import Event, Kind

PROOF_HOLDS = timedelta(days=7)
TEST_APART, ASKED_APART = timedelta(minutes=1), timedelta(minutes=10)
SHIFTS_APART = timedelta(hours=20)  # one drill a day by a way, however many shifts begin
AT_THE_DESK = ("web", "api")  # answering a page there does not prove that its message arrived
CONFIRMED = "Thank you: we know that this reaches you."
Ways = list[tuple[str, ContactMethod | None]]


@dataclass(frozen=True)
class Asked:
    """What "drill now" did: messages sent, and who was written a mail only because it is night where they are."""

    sent: int
    asleep: list[str]


def ways_of(user: User, roster: Roster) -> Ways:
    """By what pages reach this person: their verified methods; without any, mail to the address they sign in with."""
    roster.know([user.pk])
    used = [row for row in roster.methods[user.pk] if (row.urgent_after, row.calm_after) != (None, None)]
    if used:
        return [(row.way, row) for row in used]
    return [] if user.undeliverable_at else [(Via.EMAIL.value, None)]


def send(
    *, user: User, way: str, method: ContactMethod | None, at: datetime, rota: Rota | None = None,
    begins_at: datetime | None = None, asked_by: User | None = None,
) -> Drill:  # fmt: skip
    """One drill by one way, within a transaction: the row and its message."""
    label = masked_label(method) if method else "E-mail of the account"
    drill = Drill.objects.create(
        user=user, way=way, method=method, label=label[:300], rota=rota, begins_at=begins_at, asked_by=asked_by,
        made_at=at, judge_at=begins_at,
    )  # fmt: skip
    letter = proofs.drill_letter(drill)
    letter.save()
    drill.delivery = letter
    drill.save(update_fields=["delivery"])
    return drill


@transaction.atomic
def test(*, method: ContactMethod, at: datetime, actor: User) -> Drill:
    """A message to oneself by a verified method, now. Raises Refused; one a minute."""
    row = ContactMethod.objects.select_for_update(of=("self",)).filter(pk=method.pk, user=actor).first()
    if row is None:
        raise Refused("This contact method is gone.")
    if row.verified_at is None:
        raise Refused("Verify it first: until then only its code is sent there.")
    if row.channel and not row.channel.is_active:
        raise Refused(f"{row.channel} is switched off.")
    if Drill.objects.filter(user=actor, way=row.way, made_at__gt=at - TEST_APART).exists():
        raise Refused("A test was sent less than a minute ago. Wait for it.")
    return send(user=actor, way=row.way, method=row, at=at, asked_by=actor)


@transaction.atomic
def drill_now(*, rota: Rota, at: datetime, actor: User) -> Asked:
    """Everybody who takes turns, by all their ways; by mail only where it is night. Raises Refused when all of them
    were sent one just now."""
    Rota.objects.select_for_update(of=("self",)).get(pk=rota.pk)
    loaded = reading.load(Rota.objects.filter(pk=rota.pk), since=at)[0]
    people = [user for user in loaded.people.values() if user.is_desk]
    roster, sent, asleep = Roster(at), 0, list[str]()
    roster.know([user.pk for user in people])
    recent = drilled(people, since=at - ASKED_APART)
    for user in people:
        ways = [one for one in ways_of(user, roster) if (user.pk, one[0]) not in recent]
        awake = drilltimes.is_day(at, zone_of(user))
        quiet = ways if awake else [one for one in ways if one[1] is None or one[1].via == Via.EMAIL]
        asleep += [str(user)] if len(quiet) < len(ways) else []
        for way, method in quiet:
            send(user=user, way=way, method=method, at=at, rota=rota, asked_by=actor)
        sent += len(quiet)
    if not sent and not asleep:
        raise Refused("Nobody is left to drill: there is nobody, or they were sent one in the last ten minutes.")
    audit("drill asked for", at=at, actor=actor, object=rota, sent=sent)
    return Asked(sent, asleep)


def drilled(people: Iterable[User], *, since: datetime) -> set[tuple[int, str]]:
    """(person, way) of the drills since then."""
    rows = Drill.objects.filter(user__in=[user.pk for user in people], made_at__gt=since, proven_at=None)
    return set(rows.values_list("user", "way"))


def drill_shift(*, rota: Rota, user: User, begins_at: datetime, at: datetime) -> int:
    """The drill of one shift, within a transaction that holds the rota: each way that was not tried for it yet, nor
    within a day for another, nor is proven to work. Answers how many were sent."""
    known = set(Drill.objects.filter(rota=rota, user=user, begins_at=begins_at).values_list("way", flat=True))
    lately = Drill.objects.filter(user=user, begins_at__isnull=False, made_at__gt=at - SHIFTS_APART, proven_at=None)
    known |= set(lately.values_list("way", flat=True))
    ways = [one for one in ways_of(user, Roster(at)) if one[0] not in known]
    proofs_of = proven(user, at=at) if ways else {}
    for way, method in ways:
        if way in proofs_of:
            label = masked_label(method) if method else "E-mail of the account"
            Drill.objects.create(
                user=user, way=way, method=method, label=label[:300], rota=rota, begins_at=begins_at, made_at=at,
                proven_at=proofs_of[way],
            )  # fmt: skip
        else:
            send(user=user, way=way, method=method, at=at, rota=rota, begins_at=begins_at)
    return len(ways) - len(proofs_of.keys() & {way for way, _ in ways})


def proven(user: User, *, at: datetime) -> Mapping[str, datetime]:
    """Since when each way of the last seven days is known to reach this person: they confirmed a drill, or answered a
    page that had called them by this way alone."""
    since = at - PROOF_HOLDS
    found: dict[str, datetime] = {}
    for drill in Drill.objects.filter(user=user, confirmed_at__gt=since).order_by("confirmed_at"):
        if drill.confirmed_at:
            found[drill.way] = drill.confirmed_at
    for (_, answered_at), ways in ways_answered(user, since=since).items():
        if len(ways) == 1:
            (way,) = ways
            found[way] = max(answered_at, found.get(way, answered_at))
    return found


def ways_answered(user: User, *, since: datetime) -> Mapping[tuple[int, datetime], Collection[str]]:
    """By what each call went that the person answered elsewhere than at the desk: by (call, when it was answered)."""
    pages = Page.objects.filter(acknowledged_by=user, acknowledged_at__gt=since)
    answers = Event.objects.filter(
        ticket__in=pages.values("ticket"), kind=Kind.PAGE_ACKNOWLEDGED, actor=user, at__gt=since
    ).exclude(via__in=AT_THE_DESK)
    by_page = {event.data.get("page"): event.at for event in answers}
    calls = Call.objects.filter(user=user, page__in=list(by_page), ring__isnull=False).values_list(
        "ring", "page", "way"
    )
    found: dict[tuple[int, datetime], set[str]] = {}
    for ring, page, way in calls:
        found.setdefault((ring, by_page[page]), set()).add(way)
    return found


@transaction.atomic
def confirm(*, drill: Drill, at: datetime) -> bool:
    """It reached them. False when that was said before: the first time counts."""
    said = Drill.objects.filter(pk=drill.pk, confirmed_at=None).update(confirmed_at=at, judge_at=None)
    if said and drill.method_id:
        ContactMethod.objects.filter(pk=drill.method_id).exclude(trouble="").update(trouble="")
    return bool(said)


def confirm_by_token(token: str, *, at: datetime) -> str:
    """By a key in a call, or a button; "" when it stands for no drill."""
    drill = proofs.read_token(token, now=at)
    if drill is None:
        return ""
    confirm(drill=drill, at=at)
    return CONFIRMED
