"""The demo desk before its first ticket: teams, people, customers, sites, forms, rules, a source, articles."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from accounts.models import Membership, Organisation, Role, Team, User
from catalog.models import Component, Site
from helpdesk.demo import PASSWORD
from helpdesk.demo.contracts import make_contract
from integrations.models import Source
from knowledge import actions as knowledge
from knowledge.models import Article, ArticleStatus
from tickets.models import Form, RoutingRule, TicketKind

TEAMS = [("Front-end", "front-end", 1, False), ("Back-end", "back-end", 2, False),
         ("Security", "security", 3, True), ("Infrastructure", "infrastructure", 2, False)]  # fmt: skip
DESK = [
    ("admin", "Demo Admin", Role.ADMIN, []),
    ("manager", "Demo Manager", Role.MANAGER, ["front-end", "back-end", "security", "infrastructure"]),
    ("ada", "Ada Demo", Role.AGENT, ["front-end"]),
    ("finn", "Finn Demo", Role.AGENT, ["front-end"]),
    ("ben", "Ben Demo", Role.AGENT, ["back-end"]),
    ("lea", "Lea Demo", Role.AGENT, ["back-end", "infrastructure"]),
    ("ivo", "Ivo Demo", Role.AGENT, ["infrastructure"]),
    ("gus", "Gus Demo", Role.AGENT, ["security", "infrastructure"]),
]
CUSTOMERS = [
    ("Demo Bakery", "bakery.example", ["Cora", "Colin", "Bea"]),
    ("Demo Outdoor Shop", "outdoor.example", ["Omar", "Olga", "Otto"]),
    ("Demo Bookings", "bookings.example", ["Kim", "Karl"]),
    ("Demo Publisher", "publisher.example", ["Paula", "Pete", "Pia"]),
]
SITES = [
    ("Demo Shop", "shop", "front-end", ["Checkout", "Search", "Product pages", "Account"]),
    ("Demo Booking", "booking", "front-end", ["Calendar", "Payment", "Confirmation mails"]),
    ("Demo Customer Portal", "portal", "back-end", ["Sign-in", "Invoices", "Reports"]),
    ("Demo Magazine", "magazine", "front-end", ["Articles", "Newsletter", "Comments"]),
    ("Demo Public API", "api", "back-end", ["Orders", "Webhooks", "Rate limits"]),
]


@dataclass
class World:
    """Who and what the stories are about, by short name."""

    teams: dict[str, Team]
    desk: dict[str, User]
    customers: list[User]
    sites: dict[str, Site]
    source: Source


def sign_in_ready(users: list[User]) -> None:
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users]
    )


def make_people() -> tuple[dict[str, Team], dict[str, User], list[User]]:
    """Teams with their members and manager; customers with their people."""
    secret = make_password(PASSWORD)
    teams = {
        slug: Team.objects.create(name=name, slug=slug, tier=tier, restricted=restricted)
        for name, slug, tier, restricted in TEAMS
    }
    desk = {}
    for short, name, role, member_of in DESK:
        desk[short] = User.objects.create(email=f"{short}@demo.example", name=name, role=role, password=secret)
        Membership.objects.bulk_create([Membership(team=teams[slug], user=desk[short]) for slug in member_of])
    Team.objects.update(manager=desk["manager"])
    customers = []
    for name, domain, people in CUSTOMERS:
        organisation = Organisation.objects.create(name=name, shares_tickets=domain == "bakery.example")
        organisation.domains.create(domain=domain)
        customers += [
            User.objects.create(
                email=f"{first.lower()}@{domain}", name=f"{first} Example", organisation=organisation, password=secret
            )
            for first in people
        ]
    sign_in_ready([*desk.values(), *customers])
    return teams, desk, customers


def make_catalog(teams: dict[str, Team]) -> dict[str, Site]:
    sites = {}
    for name, slug, team, parts in SITES:
        sites[slug] = Site.objects.create(
            name=name, slug=slug, url=f"https://{slug}.example", fallback_team=teams[team]
        )
        Component.objects.bulk_create(
            [Component(site=sites[slug], name=part, slug=part.lower().replace(" ", "-")) for part in parts]
        )
    return sites


def make_intake(teams: dict[str, Team], sites: dict[str, Site], admin: User) -> Source:
    """Forms, ordered rules and one Alertmanager source."""
    Form.objects.update_or_create(
        slug="problem",
        defaults={"title": "Something is broken", "intro": "Tell us what you see. We answer by mail.",
                  "kind": TicketKind.INCIDENT, "position": 0},
    )  # fmt: skip
    Form.objects.update_or_create(
        slug="request",
        defaults={"title": "I need something", "intro": "Access, a change, a question.",
                  "kind": TicketKind.REQUEST, "position": 1, "asks_impact": False},
    )  # fmt: skip
    rules = [
        ("Security words", {"text": ["phishing", "leaked", "suspicious", "hacked"]}, "security", 2, ["security"]),
        ("Payments", {"text": ["payment", "refund", "invoice", "charged"]}, "back-end", None, ["billing"]),
        ("Servers and certificates", {"text": ["certificate", "disk", "server", "latency", "5xx"]},
         "infrastructure", None, ["infrastructure"]),
        ("Sign-in", {"text": ["sign in", "log in", "password", "two-factor"]}, "front-end", None, ["sign-in"]),
        ("Public API", {"site": [str(sites["api"].pk)]}, "back-end", None, ["api"]),
    ]  # fmt: skip
    for position, (name, conditions, team, severity, tags) in enumerate(rules):
        RoutingRule.objects.create(
            name=name, position=position, team=teams[team], severity=severity, tags=tags,
            conditions=[{"field": field, "values": values} for field, values in conditions.items()],
        )  # fmt: skip
    source = Source(
        name="Demo Alertmanager",
        kind="alertmanager",
        site=sites["shop"],
        team=teams["infrastructure"],
        created_by=admin,
    )
    source.new_token()
    source.save()
    return source


def make_articles(desk: dict[str, User], *, at: datetime) -> None:
    """The Markdown files beside this module: a front matter of `key: value` lines between rules, then the text."""
    for number, path in enumerate(sorted((Path(__file__).parent / "articles").glob("*.md"))):
        _, head, body = path.read_text(encoding="utf-8").split("---", 2)
        facts = {key.strip(): value.strip() for key, _, value in (x.partition(":") for x in head.strip().splitlines())}
        when = at + timedelta(hours=number)
        text = knowledge.Text(
            title=facts["title"],
            body=body.strip(),
            kind=facts["kind"],
            summary=facts.get("summary", ""),
            is_public=facts.get("public", "").lower() in ("true", "yes"),
            tags=[tag.strip() for tag in facts.get("tags", "").strip("[]").split(",") if tag.strip()],
        )
        author, reviewer = desk["lea"], desk["manager"]
        article = knowledge.write(text=text, at=when, actor=author)
        for to in (ArticleStatus.REVIEW, ArticleStatus.PUBLISHED):
            article = knowledge.move(article=article, to=to, at=when, actor=reviewer)
        Article.objects.filter(pk=article.pk).update(helpful=7 * number % 23, unhelpful=number % 4, solved=number % 6)


def make_world(*, at: datetime) -> World:
    """Everything before the first ticket."""
    teams, desk, customers = make_people()
    sites = make_catalog(teams)
    source = make_intake(teams, sites, desk["admin"])
    make_articles(desk, at=at)
    make_contract(now=at, admin=desk["admin"])
    return World(teams=teams, desk=desk, customers=customers, sites=sites, source=source)
