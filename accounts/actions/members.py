"""People: what they are called, what they may, where they belong, whether they may come in."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import Membership, Organisation, Role, Team, User

LAST_ADMIN = "This is the only admin left. Make somebody else an admin first."


def teams_in_reach(actor: User) -> list[Team]:
    """The teams whose members this person may choose: a restricted one opens through an admin or its members only."""
    own = set(Membership.objects.filter(user=actor).values_list("team_id", flat=True))
    return [team for team in Team.objects.all() if actor.is_admin or not team.restricted or team.pk in own]


def locked(user: User, *, actor: User) -> User:
    """The person as they are now, their row locked. Raises Refused when only an admin may touch them."""
    found = User.objects.select_for_update().get(pk=user.pk)
    if found.role == Role.ADMIN and not actor.is_admin:
        raise Refused("Only an admin can change an admin.")
    return found


def guard_last_admin(user: User) -> None:
    """Raises Refused when no other admin could still sign in. Locks all admins, so that two cannot leave at once."""
    admins = list(User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("pk"))
    if user in admins and len(admins) == 1:
        raise Refused(LAST_ADMIN, field="role")


@transaction.atomic
def change_person(
    *, user: User, at: datetime, actor: User, name: str | None = None, role: str | None = None,
    teams: Iterable[Team] | None = None, organisation: Organisation | None = None, keep_organisation: bool = False,
) -> User:  # fmt: skip
    """What is None stays. A change of role ends the person's sessions and is for admins; Refused says what stops it."""
    person = locked(user, actor=actor)
    changed: dict[str, list[str]] = {}
    if name is not None and name.strip() != person.name:
        changed["name"] = [person.name, name.strip()[:200]]
        person.name = name.strip()[:200]
    if role is not None and role != person.role:
        if not actor.is_admin:
            raise Refused("Only an admin can change roles.", field="role")
        if role not in Role.values:
            raise Refused("Choose a role from the list.", field="role")
        if person.is_admin:
            guard_last_admin(person)
        changed["role"] = [person.role, role]
        person.role = role
        person.session_epoch += 1
    if not keep_organisation and person.organisation_id != (organisation.pk if organisation else None):
        changed["organisation"] = [str(person.organisation or ""), str(organisation or "")]
        person.organisation = organisation
    person.save(update_fields=["name", "role", "organisation", "session_epoch"])
    if teams is not None and (moved := set_teams(person, teams, actor=actor)):
        changed["teams"] = moved
    if changed:
        audit("person changed", at=at, actor=actor, object=person.email, changed=changed)
    return person


def set_teams(person: User, teams: Iterable[Team], *, actor: User) -> list[str]:
    """Make these the person's teams, leaving alone those out of the actor's reach; -> ["+Front-end", "-Security"]."""
    reach = {team.pk: team for team in teams_in_reach(actor)}
    before = set(Membership.objects.filter(user=person, team__in=reach).values_list("team_id", flat=True))
    after = {team.pk for team in teams} & set(reach)
    Membership.objects.filter(user=person, team__in=before - after).delete()
    Membership.objects.bulk_create(
        [Membership(user=person, team_id=pk) for pk in after - before], ignore_conflicts=True
    )
    return sorted([f"+{reach[pk]}" for pk in after - before] + [f"-{reach[pk]}" for pk in before - after])


@transaction.atomic
def deactivate(*, user: User, at: datetime, actor: User) -> None:
    """They cannot sign in, their sessions end and their tokens stop; what they wrote stays. Raises Refused."""
    person = locked(user, actor=actor)
    if person == actor:
        raise Refused("You cannot shut yourself out. Ask another admin.")
    if person.is_admin:
        guard_last_admin(person)
    User.objects.filter(pk=person.pk).update(is_active=False, session_epoch=F("session_epoch") + 1)
    audit("person deactivated", at=at, actor=actor, object=person.email)


@transaction.atomic
def reactivate(*, user: User, at: datetime, actor: User) -> None:
    """They may sign in again, as what they were. People of the desk are let back in by admins. Raises Refused."""
    person = locked(user, actor=actor)
    if person.role != Role.REQUESTER and not actor.is_admin:
        raise Refused("Only an admin can let somebody of the desk back in.")
    User.objects.filter(pk=person.pk).update(is_active=True)
    audit("person reactivated", at=at, actor=actor, object=person.email)


@transaction.atomic
def change_profile(*, user: User, name: str, time_zone: str, at: datetime) -> None:
    """One's own name and time zone (an IANA name that the form has checked)."""
    before = (user.name, user.time_zone)
    user.name, user.time_zone = name.strip()[:200], time_zone
    user.save(update_fields=["name", "time_zone"])
    if before != (user.name, user.time_zone):
        audit("profile changed", at=at, actor=user, object=user.email)
