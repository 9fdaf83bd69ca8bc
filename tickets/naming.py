"""The people a page names, read together: joined in, each of them would be planned, sent and built once per place."""

from django.db.models import Model

from tickets.asking import people_by_key


def name_people(*places: tuple[Model, str]) -> None:
    """Fill these foreign keys to people, given as (row, name of the key): one statement for all of them."""
    empty = [(row, key, pk) for row, key in places if (pk := getattr(row, f"{key}_id")) is not None]
    people = {one.pk: one for one in people_by_key.ask(keys=list({pk for _, _, pk in empty}))} if empty else {}
    for row, key, pk in empty:
        setattr(row, key, people[pk])
