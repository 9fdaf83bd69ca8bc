"""What we support: sites (web properties) and their components."""
