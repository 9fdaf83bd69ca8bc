"""The cast: people whose relations matter."""

import os
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from pytest_django.plugin import blocking_manager_key

from accounts.models import Role, Team, User
from helpdesk.runtime import paths
from tests import make
from tests.beyond import beyond as beyond  # a fixture for all
from tests.clients import Client


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that commit start from what the migrations put there, whatever ran before them."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction"):
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)


MIGRATED = pytest.StashKey[str]()

# As Django empties all tables by TRUNCATE, which takes 0.4 s for eighty that are mostly empty; this takes 0.02 s.
EMPTY = """
DO $$ DECLARE name text; filled boolean; BEGIN
  FOR name IN SELECT quote_ident(tablename) FROM pg_tables
      WHERE schemaname = 'public' AND tablename <> 'django_migrations'
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO filled;
    IF filled THEN EXECUTE 'DELETE FROM ' || name; END IF;
  END LOOP;
END $$
"""


def empty(self: DatabaseOperations, sql_list: list[str]) -> None:
    """Instead of `execute_sql_flush`: keys are checked at the end of the statement, when all is gone."""
    with connection.cursor() as cursor:
        cursor.execute(EMPTY)


DatabaseOperations.execute_sql_flush = empty


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, request: pytest.FixtureRequest) -> None:
    """Keep what the migrations put into the tables. Django keeps it too, but on a connection: once a browser runs, its
    event loop gives this thread another one."""
    request.config.stash[MIGRATED] = getattr(connection, "_test_serialized_contents", "")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """A test that committed leaves empty tables: put back the rows of the migrations (default policies, the severity
    matrix), as xdist lets tests follow that do not commit and count on them."""
    yield
    marker = item.get_closest_marker("django_db")
    migrated = item.config.stash.get(MIGRATED, "")
    if nextitem is not None and migrated and marker and marker.kwargs.get("transaction"):
        with item.config.stash[blocking_manager_key].unblock():
            call_command("flush", verbosity=0, interactive=False, reset_sequences=False, inhibit_post_migrate=True)
            connection.creation.deserialize_db_from_string(migrated)
            connection.close()


@pytest.fixture(scope="session", autouse=True)
def live_streams_of_this_process() -> None:
    """xdist's workers share one Valkey: each tells its own database of live changes."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    settings.LIVE_REDIS_URL = paths.redis_url(2 + number % 12)


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
def client() -> Client:
    """Nobody's client."""
    return Client()


@pytest.fixture
def as_user():
    """as_user(user) → a signed-in test client."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
