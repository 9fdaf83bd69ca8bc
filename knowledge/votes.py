"""What readers say of an article. Each counts once; a changed mind changes the count."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from knowledge.models import Article, ArticleVote, Verdict

# Of one article, from one network address: an office votes, a script does not.
PER_ADDRESS_AND_DAY = 20
OPINIONS = (Verdict.HELPFUL, Verdict.UNHELPFUL)


def vote(*, article: Article, verdict: str, voter: str, address: str, at: datetime) -> bool:
    """Count a reader's verdict. False when it was counted before, or too many came from that address today.

    `voter`, `address`: digests that tell readers and networks apart.
    """
    chosen = Verdict(verdict)
    rivals = OPINIONS if chosen in OPINIONS else (Verdict.SOLVED,)
    with transaction.atomic():
        locked = Article.objects.lock(article.pk)
        given = ArticleVote.objects.filter(article=locked, voter=voter, verdict__in=rivals).first()
        if given and given.verdict == chosen:
            return False
        if given:
            ArticleVote.objects.filter(pk=given.pk).update(verdict=chosen, at=at)
            count(locked, given.verdict, -1)
        else:
            today = ArticleVote.objects.filter(article=locked, address=address, at__gt=at - timedelta(days=1))
            if today.count() >= PER_ADDRESS_AND_DAY:
                return False
            ArticleVote.objects.create(article=locked, voter=voter, address=address, verdict=chosen, at=at)
        count(locked, chosen, 1)
    return True


def count(article: Article, verdict: str, by: int) -> None:
    """Each verdict is counted in the column of its name."""
    Article.objects.filter(pk=article.pk).update(**{verdict: F(verdict) + by})
