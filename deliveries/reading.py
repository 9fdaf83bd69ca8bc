"""Reading what was sent without being able to act as its recipient.

Letters carry links that open their recipient's page or account. While nothing leaves the machine they are shown as they
are: there is no other way to follow them. With a mail server the tokens are masked, for everybody.
"""

import re

import nh3
from django.utils.safestring import SafeString, mark_safe

from deliveries.models import local_mailbox

TAGS = set("p br hr h2 h3 h4 h5 h6 b strong i em s code pre blockquote ul ol li a table tbody thead tr th td".split())
SECRET_PATHS = ("/p/", "/help/t/", "/accounts/password/reset/key/", "/accounts/confirm-email/", "/invitations/")
MASK = "•••"
_secret = re.compile("(" + "|".join(map(re.escape, SECRET_PATHS)) + r")[^\s\"'<>?#]+")


def masked(text: str) -> str:
    """`text` with the tokens of signed links unreadable, unless mail stays in the local mailbox."""
    return text if local_mailbox() else _secret.sub(rf"\1{MASK}", text)


def shown_html(html: str) -> SafeString:
    """A letter's HTML as a part of our page: nothing but its text, tables and links."""
    html = masked(html).replace("<h1", "<h2").replace("</h1>", "</h2>")
    return mark_safe(  # noqa: S308 - just sanitised
        nh3.clean(
            html,
            tags=TAGS,
            attributes={"a": {"href"}, "th": {"scope"}},
            clean_content_tags={"script", "style", "title"},
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )
