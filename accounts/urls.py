from django.urls import URLPattern, path

from accounts.views import importing, invitations, people, profile, teams, tokens

urlpatterns: list[URLPattern] = [
    path("invitations/<str:secret>", invitations.invitation, name="invitation"),
    path("accounts/profile/", profile.profile, name="profile"),
    path("settings/people/", people.people, name="people"),
    path("settings/people/export", people.export, name="people-export"),
    path("settings/people/import", importing.people_import, name="people-import"),
    path("settings/people/invitations", people.new_invitation, name="person-invitation"),
    path("settings/people/invitations/<int:pk>/withdrawal", people.withdrawal, name="invitation-withdrawal"),
    path("settings/people/<int:pk>/", people.person, name="person"),
    path("settings/people/<int:pk>/deactivation", people.deactivation, name="person-deactivation"),
    path("settings/people/<int:pk>/reactivation", people.reactivation, name="person-reactivation"),
    path("settings/teams/", teams.teams, name="teams"),
    path("settings/teams/new", teams.team, name="team-new"),
    path("settings/teams/<int:pk>/", teams.team, name="team"),
    path("settings/teams/<int:pk>/deletion", teams.team_deletion, name="team-deletion"),
    path("settings/organisations/", teams.organisations, name="organisations"),
    path("settings/organisations/new", teams.organisation, name="organisation-new"),
    path("settings/organisations/<int:pk>/", teams.organisation, name="organisation"),
    path("settings/organisations/<int:pk>/deletion", teams.organisation_deletion, name="organisation-deletion"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/new", tokens.token, name="token-new"),
    path("settings/tokens/<int:pk>/revocation", tokens.token_revocation, name="token-revocation"),
    path("settings/audit/", tokens.audit_log, name="audit"),
]
