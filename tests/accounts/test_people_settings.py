"""People, teams, organisations and tokens in the settings."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.actions import importing, members
from accounts.errors import Refused
from accounts.models import ApiToken, AuditEntry, Invitation, Membership, Organisation, Role, Team, User
from tests import make
from tests.make import T0

pytestmark = pytest.mark.django_db
PAGES = ["people/", "people/import", "people/invitations", "teams/", "teams/new", "organisations/", "organisations/new"]
ADMIN_PAGES = ["tokens/", "tokens/new", "audit/"]


@pytest.mark.parametrize("page", [*PAGES, *ADMIN_PAGES])
def test_it_shows_settings_to_those_who_may(page, cast, as_user, client):
    url = f"/settings/{page}"
    assert client.get(url).status_code == 302
    assert as_user(cast.agent).get(url).status_code == 404
    assert as_user(cast.customer).get(url).status_code == 404
    assert as_user(cast.manager).get(url).status_code == (404 if page in ADMIN_PAGES else 200)
    assert as_user(cast.admin).get(url).status_code == 200


def test_it_finds_people_by_name_role_and_team(cast, as_user):
    seen = as_user(cast.manager).get("/settings/people/?q=ada&role=agent").content.decode()
    assert "Ada" in seen and "ben@people.example" not in seen
    seen = as_user(cast.manager).get(f"/settings/people/?team={cast.other_agent.teams.get().pk}").content.decode()
    assert "ben@people.example" in seen and "ada@people.example" not in seen


def test_it_lists_many_people_in_as_many_statements_as_few(cast, as_user, django_assert_max_num_queries, front):
    for number in range(60):
        make.person(f"Agent{number}", Role.AGENT, teams=(front,))
    client = as_user(cast.manager)
    with django_assert_max_num_queries(9):
        page = client.get("/settings/people/").content.decode()
    assert "?page=2" in page


def test_a_manager_changes_names_and_teams_but_no_role(cast, as_user, back):
    url = f"/settings/people/{cast.agent.pk}/"
    as_user(cast.manager).post(url, {"name": "Ada B", "teams": [back.pk], "role": "admin", "organisation": ""})
    cast.agent.refresh_from_db()
    assert (cast.agent.name, cast.agent.role) == ("Ada B", "agent")
    assert [t.name for t in cast.agent.teams.all()] == ["Back-end"]


def test_a_manager_opens_no_restricted_team(cast, as_user, security):
    as_user(cast.manager).post(
        f"/settings/people/{cast.manager.pk}/", {"name": "Mona", "teams": [security.pk], "organisation": ""}
    )
    assert not Membership.objects.filter(user=cast.manager, team=security).exists()
    data = {"name": "Security", "tier": 2, "members": [cast.manager.pk]}
    answer = as_user(cast.manager).post(f"/settings/teams/{security.pk}/", data)
    assert answer.status_code == 422
    assert not Membership.objects.filter(user=cast.manager, team=security).exists()
    assert Membership.objects.filter(user=cast.guard, team=security).exists()


def test_a_changed_role_signs_the_person_out(cast, as_user):
    theirs = as_user(cast.agent)
    assert theirs.get("/queue/all").status_code == 200
    data = {"name": "Ada", "role": "manager", "organisation": ""}
    as_user(cast.admin).post(f"/settings/people/{cast.agent.pk}/", data)
    assert theirs.get("/queue/all").status_code == 302


def test_deactivating_signs_out_for_good(cast, as_user):
    theirs = as_user(cast.agent)
    as_user(cast.manager).post(f"/settings/people/{cast.agent.pk}/deactivation")
    assert theirs.get("/queue/all").status_code == 302
    as_user(cast.admin).post(f"/settings/people/{cast.agent.pk}/reactivation")
    cast.agent.refresh_from_db()
    assert cast.agent.is_active
    assert theirs.get("/queue/all").status_code == 302


def test_the_last_admin_stays(cast, as_user):
    data = {"name": "Root", "role": "agent", "organisation": ""}
    answer = as_user(cast.admin).post(f"/settings/people/{cast.admin.pk}/", data)
    assert answer.status_code == 422 and "only admin left" in answer.content.decode()
    second = make.person("Second", Role.ADMIN)
    members.deactivate(user=second, at=T0, actor=cast.admin)
    with pytest.raises(Refused, match="only admin left"):
        members.guard_last_admin(User.objects.get(pk=cast.admin.pk))


def test_a_manager_leaves_admins_alone(cast, as_user):
    as_user(cast.manager).post(f"/settings/people/{cast.admin.pk}/deactivation")
    cast.admin.refresh_from_db()
    assert cast.admin.is_active


def test_it_invites_by_a_link_that_is_shown_once(cast, as_user, front, client):
    data = {"email": "new@people.example", "name": "Nia", "role": "agent", "teams": [front.pk]}
    answer = as_user(cast.manager).post("/settings/people/invitations", data)
    link = re.search(r'id="link">([^<]+)<', answer.content.decode())[1]
    assert client.get(link.partition("8000")[2] or link).status_code == 200
    listed = as_user(cast.manager).get("/settings/people/").content.decode()
    assert "new@people.example" in listed and link.rpartition("/")[2] not in listed
    as_user(cast.manager).post(f"/settings/people/invitations/{Invitation.objects.get().pk}/withdrawal")
    assert client.get(link.partition("8000")[2] or link).status_code == 404


def test_it_keeps_a_team_that_has_tickets(cast, as_user, front):
    make.ticket(requester=cast.customer)
    client = as_user(cast.admin)
    answer = client.post(f"/settings/teams/{Team.objects.get(tickets__isnull=False).pk}/deletion", follow=True)
    assert "cannot be deleted: 1 ticket" in answer.content.decode()
    empty = make.team("Empty")
    client.post(f"/settings/teams/{empty.pk}/deletion")
    assert not Team.objects.filter(name="Empty").exists()


def test_it_names_a_team_taken(cast, as_user):
    answer = as_user(cast.manager).post("/settings/teams/new", {"name": "FRONT-END", "tier": 1})
    assert answer.status_code == 422 and "team of this name already" in answer.content.decode()
    as_user(cast.manager).post("/settings/teams/new", {"name": "Network", "tier": 2, "members": [cast.agent.pk]})
    assert Team.objects.get(slug="network").members.get() == cast.agent


def test_it_gives_a_domain_to_one_organisation(cast, as_user):
    client = as_user(cast.manager)
    answer = client.post("/settings/organisations/new", {"name": "Other", "domains": "acme.example"})
    assert answer.status_code == 422 and "belongs to Acme" in answer.content.decode()
    client.post("/settings/organisations/new", {"name": "Other", "domains": "@Other.example\nother.test"})
    assert [d.domain for d in Organisation.objects.get(name="Other").domains.all()] == ["other.example", "other.test"]
    make.ticket(requester=cast.customer)
    refused = client.post(f"/settings/organisations/{cast.acme.pk}/deletion", follow=True).content.decode()
    assert "cannot be deleted: 1 ticket" in refused


FILE = """email,name,role,teams,organisation
cora@acme.example,Cora N,,,
new@acme.example,Newcomer,,,
zed@people.example,Zed,agent,Front-end,
bad,Nobody,,,
x@people.example,X,wizard,Nowhere,Nil
new@acme.example,Twice,,,
"""


def test_it_says_what_each_line_would_do_before_it_does_it(cast, as_user):
    client = as_user(cast.admin)
    upload = SimpleUploadedFile("people.csv", FILE.encode())
    seen = client.post("/settings/people/import", {"file": upload}).content.decode()
    for words in ("Changed", "New requester", "Invited as agent", "not valid", "no role", "no team", "already in the"):
        assert words in seen
    assert not User.objects.filter(email="new@acme.example").exists()
    client.post("/settings/people/import", {"text": FILE, "apply": "1"})
    assert User.objects.get(email="new@acme.example").organisation == cast.acme
    assert Invitation.objects.get(email="zed@people.example").teams.get().name == "Front-end"
    cast.customer.refresh_from_db()
    assert (cast.customer.name, cast.customer.organisation) == ("Cora N", cast.acme)


@pytest.mark.parametrize("text", ["", "name,role\na,b", 'email,"name\nx', "email\n", "\x00\x00", "email;name\n;"])
def test_it_refuses_files_that_are_none(text, cast, as_user):
    assert as_user(cast.admin).post("/settings/people/import", {"text": text}).status_code in (200, 422)
    assert User.objects.count() == 8


def test_an_import_by_a_manager_changes_no_role(cast):
    lines = importing.plan("email,role\nada@people.example,manager\nroot@people.example,\n", actor=cast.manager)
    assert [line.errors for line in lines] == [
        ["only an admin can change roles"],
        ["only an admin can change an admin"],
    ]


def test_it_exports_people_without_formulas(cast, as_user):
    User.objects.filter(pk=cast.customer.pk).update(name='=HYPERLINK("http://evil.example")')
    text = b"".join(as_user(cast.manager).get("/settings/people/export?role=requester")).decode()
    assert "'=HYPERLINK" in text and "ada@people.example" not in text
    assert AuditEntry.objects.filter(action="people exported").exists()


def test_a_token_is_shown_once_and_works_until_revoked(cast, as_user, client):
    admin = as_user(cast.admin)
    data = {"name": "Board", "user": cast.agent.pk, "scopes": ["tickets:read"]}
    answer = admin.post("/settings/tokens/new", data)
    secret = re.search(r'id="secret">([^<]+)<', answer.content.decode())[1]
    assert answer["Cache-Control"] == "no-store" and secret not in admin.get("/settings/tokens/").content.decode()
    token = ApiToken.objects.get()
    assert ApiToken.objects.get(pk=token.pk).is_live(T0)
    admin.post(f"/settings/tokens/{token.pk}/revocation")
    assert not ApiToken.objects.get(pk=token.pk).is_live(T0)
    assert {"token made", "token revoked"} <= set(AuditEntry.objects.values_list("action", flat=True))


def test_the_audit_log_turns_its_pages(cast, as_user):
    AuditEntry.objects.bulk_create([AuditEntry(at=T0, action=f"thing {n:03}", object="x") for n in range(70)])
    client = as_user(cast.admin)
    first = client.get("/settings/audit/?q=thing").content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = client.get(f"/settings/audit/{older}").content.decode()
    assert "Thing 069" in first and "Thing 010" not in first and "Thing 000" in second and "Thing 069" not in second
    assert client.get("/settings/audit/?before=nonsense&actor=%00").status_code == 200


def test_everybody_has_a_profile(cast, as_user):
    for who in (cast.customer, cast.agent):
        as_user(who).post("/accounts/profile/", {"name": "Renamed", "time_zone": "Europe/Madrid"})
        who.refresh_from_db()
        assert (who.name, who.time_zone) == ("Renamed", "Europe/Madrid")
    assert as_user(cast.agent).post("/accounts/profile/", {"name": "A", "time_zone": "Mars/X"}).status_code == 422
