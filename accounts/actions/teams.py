"""Teams: who shares a queue."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from accounts.actions.members import teams_in_reach
from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import Membership, Team, User
from lib.references import needed_by
from lib.slugs import free_slug


@transaction.atomic
def save_team(
    *, team: Team | None, name: str, tier: int, restricted: bool, manager: User | None, members: Iterable[User],
    at: datetime, actor: User,
) -> Team:  # fmt: skip
    """Make a team, or change one. A restricted team is changed by admins and its members only. Raises Refused."""
    if team is not None and team not in teams_in_reach(actor):
        raise Refused("This team is restricted: only its members and admins change it.")
    row = Team.objects.select_for_update().get(pk=team.pk) if team else Team(slug=free_slug(Team.objects.all(), name))
    if row.restricted and not restricted and not actor.is_admin:
        raise Refused("Only an admin can open a restricted team to everybody.", field="restricted")
    row.name, row.tier, row.restricted, row.manager = name, tier, restricted, manager
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused("There is a team of this name already.", field="name") from None
    chosen = {user.pk: user for user in members}
    before = {m.user_id: m.user for m in Membership.objects.filter(team=row).select_related("user")}
    Membership.objects.filter(team=row, user__in=set(before) - set(chosen)).delete()
    new = set(chosen) - set(before)
    Membership.objects.bulk_create([Membership(team=row, user_id=pk) for pk in new], ignore_conflicts=True)
    audit(
        "team changed" if team else "team made", at=at, actor=actor, object=row.name, tier=tier, restricted=restricted,
        manager=manager.email if manager else "",
        joined=sorted(chosen[pk].email for pk in new),
        left=sorted(user.email for pk, user in before.items() if pk not in chosen),
    )  # fmt: skip
    return row


@transaction.atomic
def delete_team(*, team: Team, at: datetime, actor: User) -> None:
    """Only a team that nothing refers to. Raises Refused saying what does."""
    if team not in teams_in_reach(actor):
        raise Refused("This team is restricted: only its members and admins change it.")
    if needs := needed_by(team):
        raise Refused(f"{team} cannot be deleted: {needs} belong to it. Move them to another team first.")
    audit("team deleted", at=at, actor=actor, object=team.name)
    try:
        team.delete()
    except ProtectedError:  # something arrived since we looked
        raise Refused(f"{team} has just been given something. Move it to another team first.") from None
