"""People from a CSV file: first what each line would do, then the doing."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from typing import cast

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.actions.invitations import invite
from accounts.actions.members import change_person, teams_in_reach
from accounts.audit import audit
from accounts.errors import Refused
from accounts.models import Organisation, OrganisationDomain, Role, Team, User

COLUMNS = ("email", "name", "role", "teams", "organisation")
MOST_LINES = 2000


@dataclass(slots=True)
class Line:
    """One line of the file: `does` is add, invite, change or nothing; with errors it is left out."""

    number: int
    email: str
    name: str = ""
    role: str = ""
    teams: list[Team] | None = None
    organisation: Organisation | None = None
    user: User | None = None
    does: str = "nothing"
    changes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def read_rows(text: str) -> list[dict[str, str]]:
    """The file's lines by column name, commas or semicolons between. Raises Refused when it is not such a file."""
    text = text.lstrip("\ufeff").replace("\0", "")
    head = text.partition("\n")[0]
    try:
        reader = csv.reader(StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True)
        rows = [[cell.strip() for cell in row] for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise Refused(f"This is not a readable CSV file: {error}.", field="file") from None
    names = [name.lower() for name in rows[0]] if rows else []
    if "email" not in names:
        raise Refused(f"The first line must name the columns: {', '.join(COLUMNS)}.", field="file")
    if len(rows) > MOST_LINES + 1:
        raise Refused(f"At most {MOST_LINES} people at once: split the file.", field="file")
    # An export of ours puts an apostrophe before what a spreadsheet would calculate.
    clean = [[cell[1:] if cell[:1] == "'" and cell[1:2] in "=+-@" else cell for cell in row] for row in rows[1:]]
    return [dict(zip(names, row, strict=False)) for row in clean]


def plan(text: str, *, actor: User) -> list[Line]:
    """What each line would do, asked of the database in a handful of statements. Raises Refused for the whole file."""
    rows = read_rows(text)
    lines = [Line(number=number, email=row.get("email", "").lower()) for number, row in enumerate(rows, start=2)]
    addresses = [line.email for line in lines]
    known = {u.email: u for u in User.objects.filter(email__in=addresses).prefetch_related("teams")}
    further = EmailAddress.objects.filter(email__in=addresses, verified=True).exclude(email__in=list(known))
    for entry in further.select_related("user").prefetch_related("user__teams"):
        known[entry.email] = cast(User, entry.user)
    reach = {team.name.casefold(): team for team in teams_in_reach(actor)}
    organisations = {o.name.casefold(): o for o in Organisation.objects.all()}
    domains = {d.domain: d.organisation for d in OrganisationDomain.objects.select_related("organisation")}
    seen: set[str] = set()
    for line, row in zip(lines, rows, strict=True):
        read_line(line, row, reach=reach, organisations=organisations)
        if line.email in seen:
            line.errors.append("this address is already in the file")
        seen.add(line.email)
        line.user = known.get(line.email)
        if line.user is None:
            line.organisation = line.organisation or domains.get(line.email.rpartition("@")[2])
            plan_newcomer(line, actor=actor)
        else:
            plan_change(line, line.user, actor=actor)
    return lines


def read_line(
    line: Line, row: dict[str, str], *, reach: dict[str, Team], organisations: dict[str, Organisation]
) -> None:
    """What the cells say; an empty cell leaves things as they are."""
    try:
        validate_email(line.email)
    except ValidationError:
        line.errors.append("the e-mail address is not valid" if line.email else "the e-mail address is missing")
    line.name = row.get("name", "")[:200]
    line.role = row.get("role", "").lower()
    if line.role and line.role not in Role.values:
        line.errors.append(f"there is no role “{line.role}”")
    if wanted := [name.strip() for name in row.get("teams", "").replace("|", ";").split(";") if name.strip()]:
        line.teams = [reach[name.casefold()] for name in wanted if name.casefold() in reach]
        line.errors += [f"there is no team “{name}”" for name in wanted if name.casefold() not in reach]
    if name := row.get("organisation", ""):
        line.organisation = organisations.get(name.casefold())
        if line.organisation is None:
            line.errors.append(f"there is no organisation “{name}”")


def plan_newcomer(line: Line, *, actor: User) -> None:
    role = line.role or Role.REQUESTER
    if role == Role.ADMIN and not actor.is_admin:
        line.errors.append("only an admin can invite an admin")
    if role == Role.REQUESTER and line.teams:
        line.errors.append("a requester has no teams")
    line.role = role
    line.does = "add" if role == Role.REQUESTER else "invite"


def plan_change(line: Line, user: User, *, actor: User) -> None:
    if user.role == Role.ADMIN and not actor.is_admin:
        line.errors.append("only an admin can change an admin")
    if line.name and line.name != user.name:
        line.changes.append(f"name: {line.name}")
    if line.role and line.role != user.role:
        line.changes.append(f"role: {user.role} → {line.role}")
        if not actor.is_admin:
            line.errors.append("only an admin can change roles")
    if line.teams is not None and {t.pk for t in line.teams} != {t.pk for t in user.teams.all()}:
        line.changes.append(f"teams: {', '.join(sorted(t.name for t in line.teams))}")
    if line.organisation and line.organisation.pk != user.organisation_id:
        line.changes.append(f"organisation: {line.organisation}")
    line.does = "change" if line.changes else "nothing"


@transaction.atomic
def apply(lines: Iterable[Line], *, at: datetime, actor: User) -> list[Line]:
    """Do what the lines say, leaving out those with errors; -> the lines done. One that is refused stops them all."""
    done = [line for line in lines if not line.errors and line.does != "nothing"]
    for line in done:
        try:
            do_line(line, at=at, actor=actor)
        except Refused as refused:
            raise Refused(f"Line {line.number}, {line.email}: {refused.message} Nothing was imported.") from None
    audit("people imported", at=at, actor=actor, lines=len(done))
    return done


def do_line(line: Line, *, at: datetime, actor: User) -> None:
    if line.does == "add":
        User.objects.create_user(line.email, name=line.name, organisation=line.organisation)
    elif line.does == "invite":
        invite(email=line.email, role=line.role, name=line.name, teams=line.teams or [], at=at, actor=actor)
    elif line.user is not None:
        change_person(
            user=line.user, at=at, actor=actor, name=line.name or None, role=line.role or None, teams=line.teams,
            organisation=line.organisation, keep_organisation=line.organisation is None,
        )  # fmt: skip
