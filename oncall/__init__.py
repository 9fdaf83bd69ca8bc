"""Who is on call: rotas, overrides, swaps, and the calendars that phones subscribe to."""
