"""The ways out of the desk besides mail, one folder each: what speaks a provider's language and decides nothing.

A folder has `send.py` (a `Sender`, named in settings.DELIVERY_SENDERS), `doc.md` (how to set it up there) and, where an
admin sets it up, `CHANNEL` in its `__init__.py` (see description.py), from which the settings form is built.
"""
