"""Articles in the API."""

import pytest

from accounts.tokens import issue_token
from tests.knowledge.build import draft, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client):
    """ask(user, "?q=…", scopes) → the answer to a token of theirs."""

    def get(user, path="", scopes=("knowledge:read",)):
        _, secret = issue_token(user=user, name="test", scopes=scopes)
        return client.get(f"/api/v1/articles{path}", headers={"Authorization": f"Bearer {secret}"})

    return get


@pytest.fixture
def shelf(cast):
    published(cast.agent, "Public kettle", "Boil.", kind="faq")
    published(cast.agent, "Internal kettle", "Boil.", kind="sop", is_public=False)
    draft(cast.agent, "Draft kettle", is_public=True)


def titles(answer):
    assert answer.status_code == 200
    return [row["title"] for row in answer.json()["results"]]


def test_a_customers_token_reads_what_is_public_only(cast, shelf, ask):
    assert titles(ask(cast.customer)) == ["Public kettle"]
    assert titles(ask(cast.customer, "?status=draft")) == []
    assert titles(ask(cast.agent)) == ["Draft kettle", "Internal kettle", "Public kettle"]
    internal = ask(cast.agent).json()["results"][1]
    assert internal["url"] is None
    assert ask(cast.customer, f"/{internal['id']}").status_code == 404
    assert ask(cast.agent, f"/{internal['id']}").json()["title"] == "Internal kettle"


def test_it_filters_by_what_it_knows_and_names_what_it_does_not(cast, shelf, ask):
    assert titles(ask(cast.agent, "?q=kettle&kind=sop&status=published")) == ["Internal kettle"]
    refused = ask(cast.agent, "?kind=novel")
    assert refused.status_code == 400 and refused.json()["errors"][0]["field"].startswith("kind")


def test_it_wants_the_scope(cast, shelf, ask):
    assert ask(cast.agent, scopes=("tickets:read",)).status_code == 403
