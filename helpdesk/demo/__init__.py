"""Demo data, replayed through the real verbs, and bulk data for measuring."""
