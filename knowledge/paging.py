"""Pages of articles. They end sooner than others: what is ranked by a search is ranked anew for each page."""

from functools import partial

from lib import paging

page_of = partial(paging.page_of, size=20, last=200)
