"""What leaves the desk, to whom, and whether it arrived."""
