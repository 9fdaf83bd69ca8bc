"""Secret addresses for calendar programs: made, renewed, revoked by whoever they belong to."""

from datetime import datetime

from django.db import transaction

from accounts.audit import audit
from accounts.models import User
from oncall.models import Feed, Rota


@transaction.atomic
def renew_feed(*, rota: Rota | None, at: datetime, actor: User) -> tuple[Feed, str]:
    """An address for one's own shifts, or a rota's; the one before is void. -> (the row, the secret, shown once)."""
    User.objects.select_for_update(of=("self",)).get(pk=actor.pk)  # two at once make one row
    row = Feed.objects.filter(user=actor, rota=rota).first() or Feed(user=actor, rota=rota)
    secret = row.new_secret()
    row.made_at = at
    row.save()
    audit("calendar address made", at=at, actor=actor, object=row, prefix=row.prefix)
    return row, secret


@transaction.atomic
def revoke_feed(*, feed: Feed, at: datetime, actor: User) -> None:
    """The address is void."""
    audit("calendar address revoked", at=at, actor=actor, object=feed, prefix=feed.prefix)
    feed.delete()
