"""The people a page names, read together: joined in, each of them would be planned, sent and built once per place."""

from django.db.models import Model

from accounts.models import User


def name_people(*places: tuple[Model, str]) -> None:
    """Fill these foreign keys to people, given as (row, name of the key): one statement for all of them."""
    empty = [(row, key, getattr(row, f"{key}_id")) for row, key in places]
    people = User.objects.in_bulk({pk for _, _, pk in empty if pk is not None})
    for row, key, pk in empty:
        if pk in people:
            setattr(row, key, people[pk])
