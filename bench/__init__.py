"""Measures the desk as it runs: real gunicorn, PostgreSQL and Valkey, a hundred thousand tickets."""
