"""The cast: people whose relations matter."""

from types import SimpleNamespace

import pytest
from django.test import Client

from accounts.models import Role, Team, User
from tests import make


@pytest.fixture
def front(db: None) -> Team:
    """The front-end team."""
    return make.team("Front-end", tier=1)


@pytest.fixture
def back(db: None) -> Team:
    return make.team("Back-end", tier=2)


@pytest.fixture
def security(db: None) -> Team:
    """A restricted team: only members and admins see its tickets."""
    return make.team("Security", tier=2, restricted=True)


@pytest.fixture
def shop(front: Team):
    """A supported site whose fallback team is front-end."""
    return make.site("Shop", front)


@pytest.fixture
def cast(front: Team, back: Team, security: Team) -> SimpleNamespace:
    """agent (front-end), other_agent (back-end), guard (security), manager, admin; customer with her colleague in one
    organisation; a stranger outside it."""
    acme = make.organisation("Acme")
    acme.domains.create(domain="acme.example")
    manager = make.person("Mona", Role.MANAGER, teams=(front,))
    Team.objects.filter(pk=front.pk).update(manager=manager)
    front.refresh_from_db()
    return SimpleNamespace(
        acme=acme,
        agent=make.person("Ada", Role.AGENT, teams=(front,)),
        other_agent=make.person("Ben", Role.AGENT, teams=(back,)),
        guard=make.person("Gus", Role.AGENT, teams=(security,)),
        manager=manager,
        admin=make.person("Root", Role.ADMIN),
        customer=make.person("Cora", email="cora@acme.example", organisation=acme),
        colleague=make.person("Colin", email="colin@acme.example", organisation=acme),
        stranger=make.person("Sam", email="sam@elsewhere.example"),
    )


@pytest.fixture
def as_user():
    """as_user(user) → a signed-in test client."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
