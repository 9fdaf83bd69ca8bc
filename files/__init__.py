"""Attachments: storage under random keys, sniffing, safe download."""
