"""What is done to rotas: setting them up, standing in for one another, and the addresses of their calendars."""
