"""How people are reached, as they set it up themselves. A way counts once a code that was sent by it came back."""

import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import User
from deliveries.models import Delivery, State
from integrations.models import Channel
from integrations.models.mailbox import keys
from lib import crypto
from oncall import addresses, proofs
from oncall.models import ContactMethod, Pager, Via

MOST = 20  # methods of a person
TRIES = 5  # of one code
HOLDS = timedelta(minutes=proofs.CODE_MINUTES)
APART = timedelta(minutes=1)  # codes to one address
DAY = timedelta(days=1)
CODES_PER_ADDRESS, CODES_PER_PERSON = 5, 15  # in a day, so that nobody uses us to flood a stranger's phone
PURPOSE = "contact method"


@dataclass(frozen=True)
class Rule:
    """Minutes after a call began until the method is used, for P1 and P2 and for P3 and P4; None: never."""

    urgent_after: int | None = 0
    calm_after: int | None = 0


@transaction.atomic
def add(
    *, via: str, address: str, channel: Channel | None = None, rule: Rule = Rule(), name: str = "", at: datetime,
    actor: User,
) -> ContactMethod:  # fmt: skip
    """One more way to reach `actor`, by this channel's account where the way needs one, and its code is sent at once.
    The address of the account itself needs none. Raises Refused naming the field."""
    User.objects.select_for_update(of=("self",)).get(pk=actor.pk)  # two at once keep within the limits
    if ContactMethod.objects.filter(user=actor).count() >= MOST:
        raise Refused(f"You have {MOST} already. Delete one that you do not need.")
    shown, secret = addresses.read(via, address, name=name)
    own = via == Via.EMAIL and shown == actor.email
    row = ContactMethod(
        user=actor, via=via, address=shown, channel=channel, urgent_after=rule.urgent_after,
        calm_after=rule.calm_after, made_at=at, verified_at=at if own else None,
        sealed=crypto.encrypt(secret, keys=keys()) if secret else "",
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused("You have this one already.", field="address") from None
    audit("contact method added", at=at, actor=actor, object=row, via=via)
    if not own:
        send_code(row, at=at)
    return row


@transaction.atomic
def ask_code(*, method: ContactMethod, at: datetime, actor: User) -> None:
    """A new code; the one before is void. Raises Refused."""
    row = mine(method, actor)
    if row.verified_at is not None:
        raise Refused("It is verified already.")
    if not row.may_ask_again(at):
        raise Refused("A code was sent less than a minute ago. Wait for it.")
    send_code(row, at=at)


def send_code(row: ContactMethod, *, at: datetime) -> None:
    """Within a transaction. Raises Refused beyond the limits, which also hold for what was deleted meanwhile."""
    with connection.cursor() as cursor:  # nobody else counts for this address meanwhile
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [row.address])
    sent = Delivery.objects.filter(data__kind="verify", automatic=True, created_at__gt=at - DAY)
    to_address = sent.filter(address=row.address)
    if to_address.filter(created_at__gt=at - APART).exists():
        raise Refused("A code was sent there less than a minute ago. Wait a minute.", field="address")
    if to_address.count() >= CODES_PER_ADDRESS or sent.filter(user=row.user_id).count() >= CODES_PER_PERSON:
        raise Refused("That is enough codes for one day. Try again tomorrow.", field="address")
    code = f"{secrets.randbelow(1_000_000):06}"
    row.code_digest, row.code_until, row.code_tries = digest(row, code, keys()[0]), at + HOLDS, 0
    row.save(update_fields=["code_digest", "code_until", "code_tries"])
    proofs.code_letter(row, code, at=at).save()


def digest(row: ContactMethod, code: str, key: str) -> str:
    """What is kept of a code: nobody who reads the row can try them all without our key."""
    return crypto.seal(f"{row.pk}.{code}", purpose=PURPOSE, keys=[key])


def verify(*, method: ContactMethod, code: str, at: datetime, actor: User) -> None:
    """The code came back: from now on the method is used. Each try is counted (and kept) before the code is looked at,
    so that many at once are no more than one after the other. Raises Refused naming the field."""
    waits = ContactMethod.objects.filter(pk=method.pk, user=actor, verified_at=None)
    if not waits.filter(code_until__gt=at, code_tries__lt=TRIES).update(code_tries=F("code_tries") + 1):
        raise Refused(why_not(waits.first(), at), field="code")
    given = "".join(code.split())
    digests = [digest(method, given, key) for key in keys()]
    with transaction.atomic():
        fits = waits.filter(code_digest__in=digests, code_until__gt=at)
        found = fits.update(verified_at=at, code_digest="", code_until=None, code_tries=0, trouble="")
        if found:
            audit("contact method verified", at=at, actor=actor, object=method)
    if not found:
        raise Refused(why_not(waits.first(), at), field="code")


def why_not(row: ContactMethod | None, at: datetime) -> str:
    """What to do about a code that is not taken."""
    if row is None:
        return "It is verified already."
    if row.code_until is None or row.code_until <= at:
        return f"The code is older than {proofs.CODE_MINUTES} minutes. Have a new one sent."
    left = TRIES - row.code_tries
    if left <= 0:
        return "That was wrong too often. Have a new code sent."
    return f"This is not the code. {left} {'try' if left == 1 else 'tries'} left."


@transaction.atomic
def change_rule(*, method: ContactMethod, rule: Rule, at: datetime, actor: User) -> None:
    """When it is used. Raises Refused."""
    row = mine(method, actor)
    row.urgent_after, row.calm_after = rule.urgent_after, rule.calm_after
    row.save(update_fields=["urgent_after", "calm_after"])
    audit("contact method changed", at=at, actor=actor, object=row, urgent=rule.urgent_after, calm=rule.calm_after)


@transaction.atomic
def delete(*, method: ContactMethod, at: datetime, actor: User) -> None:
    """It is gone; what was not sent yet to it is not sent any more. Raises Refused."""
    row = mine(method, actor)
    letters = Delivery.objects.filter(user=actor, automatic=True, data__method=row.pk, state=State.PENDING)
    letters.filter(data__kind__in=["verify", "drill"]).update(state=State.CANCELLED, next_try_at=None, claim=None)
    audit("contact method deleted", at=at, actor=actor, object=row)
    row.delete()


@transaction.atomic
def set_quiet_hours(*, begin: time | None, end: time | None, at: datetime, actor: User) -> None:
    """Between these times of their clock nobody calls them about P3 and P4; both empty: any time. Raises Refused."""
    if (begin is None) != (end is None):
        raise Refused("Give both times, or neither.", field="quiet_to" if end is None else "quiet_from")
    if begin is not None and begin == end:
        raise Refused("They begin when they end.", field="quiet_to")
    Pager.objects.update_or_create(user=actor, defaults={"quiet_from": begin, "quiet_to": end})
    said = f"{begin:%H:%M}–{end:%H:%M}" if begin and end else ""
    audit("quiet hours changed", at=at, actor=actor, object=actor, hours=said)


def mine(method: ContactMethod, actor: User) -> ContactMethod:
    """The method, locked until the transaction ends. Raises Refused when it is gone, or somebody else's."""
    row = ContactMethod.objects.select_for_update(of=("self",)).filter(pk=method.pk, user=actor).first()
    if row is None:
        raise Refused("This contact method is gone.")
    return row
