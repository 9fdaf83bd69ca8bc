"""What is done to people, teams and organisations."""
