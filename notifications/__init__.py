"""Who is told (recipients), what it says (wording), and the rows that say so (follow)."""
