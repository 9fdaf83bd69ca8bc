"""Rotas as kept (layers and their people, overrides, swaps, addresses of calendars), ladders, and whom they call."""

from oncall.models.contact import ContactMethod, Pager, Via
from oncall.models.drill import Drill
from oncall.models.feed import Feed
from oncall.models.ladder import Ladder, Step, Target, TargetKind
from oncall.models.page import OPEN_PAGES, Call, CallState, Page, PageState, Ring
from oncall.models.rota import Layer, LayerMember, Override, Rota, Unit
from oncall.models.swap import Swap, SwapState

__all__ = [
    "OPEN_PAGES",
    "Call",
    "CallState",
    "ContactMethod",
    "Drill",
    "Feed",
    "Ladder",
    "Layer",
    "LayerMember",
    "Override",
    "Page",
    "PageState",
    "Pager",
    "Ring",
    "Rota",
    "Step",
    "Swap",
    "SwapState",
    "Target",
    "TargetKind",
    "Unit",
    "Via",
]
