"""HTML that strangers wrote, as our pages may hold it: one allow-list for cleaning it, and for cleaning it again.

Pure. It sets no limit of its own: who cleans what a stranger sent for the first time bounds it before
(`integrations.mail.display`); what was kept after that is bounded.
"""

import re

import nh3

__all__ = ["TAGS", "VERSION", "clean", "with_files_at"]

# Goes up whenever the same HTML would be shown otherwise; kept HTML of an older version is cleaned anew.
VERSION = 1

TAGS = set(
    "p div blockquote pre ul ol li dl dt dd table tr h3 h4 h5 h6 caption hr br img thead tbody tfoot td th a strong em"
    " u s del ins sub sup code kbd samp small".split()
)
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}
_OUR_PICTURE = re.compile(r'(<img\b[^<>]*?\ssrc=")/files/(\d+)"')


def clean(html: str) -> str:
    """`html` reduced to the allow-list: no scripts, styles, classes or ids. Idempotent."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener nofollow noreferrer",
        strip_comments=True,
    )


def with_files_at(html: str, base: str) -> str:
    """Clean HTML whose pictures from our files ("/files/7") are asked for below `base` instead ("/help/t/…/files/")."""
    return _OUR_PICTURE.sub(lambda match: f'{match[1]}{base}{match[2]}"', html)
