"""What every journey needs: a cast, a shop, and ways in that people and machines really use."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.journeys.road import Ask, Door, ask
from tickets.models import Form


@pytest.fixture(autouse=True)
def quiet_desk(db: None, settings: Any, tmp_path: Path) -> None:
    """Files in a directory of this test; one network may send many forms."""
    settings.MEDIA_ROOT = tmp_path
    settings.FORM_LIMIT_PER_IP = settings.FORM_LIMIT_PER_ADDRESS = 1000


@pytest.fixture
def help_form(shop: Any) -> Form:
    """The public form "help", for every site."""
    return Form.objects.create(title="Ask for help", slug="help", is_active=True)


@pytest.fixture
def stranger_asks(shop: Any) -> Ask:
    """stranger_asks(subject=…) → the ticket that came of the public form."""
    return lambda **words: ask(Client(), shop, **words)


@pytest.fixture
def prometheus(shop: Any) -> Door:
    """An Alertmanager that watches the shop."""
    return Door("alertmanager", shop)
