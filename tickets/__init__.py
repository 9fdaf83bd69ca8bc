"""The ticket: its lifecycle, its timeline, its routing, and every verb that changes it."""
