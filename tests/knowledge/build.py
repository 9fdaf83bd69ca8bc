"""Articles for tests, made through the real verbs."""

from datetime import datetime
from typing import Any

from accounts.models import User
from knowledge.actions import Text, move, write
from knowledge.models import Article, ArticleStatus
from tests.make import T0


def draft(by: User, title: str = "Clear your cache", body: str = "Press **reload**.", **fields: Any) -> Article:
    return write(text=Text(title=title, body=body, **fields), at=T0, actor=by)


def published(
    by: User, title: str = "Clear your cache", body: str = "Press **reload**.", at: datetime = T0, **fields: Any
) -> Article:
    """Public unless told otherwise."""
    article = draft(by, title, body, **{"is_public": True, **fields})
    for to in (ArticleStatus.REVIEW, ArticleStatus.PUBLISHED):
        article = move(article=article, to=to, at=at, actor=by)
    return article
