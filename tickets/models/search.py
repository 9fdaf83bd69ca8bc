from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from tickets.models.ticket import Ticket


class SearchDocument(models.Model):
    """The words of a ticket: those a requester may find, and those (with notes) the desk may find."""

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, primary_key=True, related_name="search")
    public = SearchVectorField()
    internal = SearchVectorField()

    class Meta:
        indexes = [
            GinIndex(fields=["public"], name="search_public_words", fastupdate=False),
            GinIndex(fields=["internal"], name="search_all_words", fastupdate=False),
        ]
