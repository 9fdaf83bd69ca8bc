"""People, teams, organisations, API tokens, sign-in and the audit log."""
