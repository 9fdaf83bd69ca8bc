"""Rotas as kept: layers and their people, overrides, swaps, and addresses of calendars."""

from oncall.models.feed import Feed
from oncall.models.rota import Layer, LayerMember, Override, Rota, Unit
from oncall.models.swap import Swap, SwapState

__all__ = ["Feed", "Layer", "LayerMember", "Override", "Rota", "Swap", "SwapState", "Unit"]
