"""Pages about rotas: one file a resource."""
