"""Demo data, replayed through the real verbs, and bulk data for measuring."""

PASSWORD = "demo-helpdesk"  # noqa: S105 - printed at every start of a demo desk
SIGN_INS = [
    ("Admin", "admin@demo.example", PASSWORD),
    ("Manager", "manager@demo.example", PASSWORD),
    ("Agent, front-end", "ada@demo.example", PASSWORD),
    ("Agent, back-end", "ben@demo.example", PASSWORD),
    ("Requester", "cora@bakery.example", PASSWORD),
]
