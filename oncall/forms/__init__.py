"""What pages ask about rotas."""
