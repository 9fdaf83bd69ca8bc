from django.conf import settings
from django.db import models
from django.db.models import Q

from knowledge.models import Article
from tickets.models.ticket import Ticket


class Use(models.TextChoices):
    """What an article was to a ticket."""

    USED = "used", "Used"
    MADE = "made", "Made from it"
    SUGGESTED = "suggested", "Suggested"
    NOT_WORTH = "not_worth", "Not worth an article"


class TicketArticle(models.Model):
    """An article linked to a ticket; or, without an article, somebody's word that the ticket is not worth one."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="article_links")
    article = models.ForeignKey(Article, null=True, on_delete=models.CASCADE, related_name="ticket_links")
    how = models.CharField(max_length=10, choices=Use.choices, default=Use.USED)
    linked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "article"], nulls_distinct=False, name="one_link_per_ticket_and_article"
            ),
            models.CheckConstraint(
                condition=Q(article__isnull=False) ^ Q(how=Use.NOT_WORTH), name="only_not_worth_one_has_no_article"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.how}: {self.article_id} for #{self.ticket_id}"
