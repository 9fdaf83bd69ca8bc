"""What the desk knew: articles linked to a ticket, or the word that none is worth writing."""

from datetime import datetime

from accounts.models import User
from knowledge.models import Article
from tickets.errors import Refused
from tickets.events import record, working_on
from tickets.models import Kind, Ticket, TicketArticle, Use


def link_article(
    *, ticket: Ticket, article: Article | None, how: str, at: datetime, actor: User | None, via: str
) -> TicketArticle:
    """Say that an article was used, made or suggested; linking it again changes how.

    Without an article `how` is not_worth, and goes away once an article is linked.
    """
    if how not in Use.values or (article is None) != (how == Use.NOT_WORTH):
        raise Refused("Say whether the article was used, made or suggested.", field="how")
    with working_on(ticket.pk, at=at) as locked:
        link = TicketArticle.objects.filter(ticket=locked, article=article).first()
        if link and link.how == how:
            return link
        link = link or TicketArticle(ticket=locked, article=article)
        link.how, link.linked_by, link.at = how, actor, locked.now
        link.save()
        if article is not None:
            TicketArticle.objects.filter(ticket=locked, article=None).delete()
        title = article.title if article else ""
        record(
            locked, Kind.ARTICLE_LINKED, at=locked.now, actor=actor, via=via,
            article=article.pk if article else None, title=title, how=how,
        )  # fmt: skip
    return link


def unlink_article(*, ticket: Ticket, article: Article | None, at: datetime, actor: User | None, via: str) -> None:
    """Take a link back; what is not linked stays so."""
    with working_on(ticket.pk, at=at) as locked:
        gone, _ = TicketArticle.objects.filter(ticket=locked, article=article).delete()
        if gone:
            record(
                locked, Kind.ARTICLE_LINKED, at=locked.now, actor=actor, via=via,
                article=article.pk if article else None, title=article.title if article else "", removed=True,
            )  # fmt: skip
