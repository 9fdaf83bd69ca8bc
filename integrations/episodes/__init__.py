"""What alerts do to tickets, reading by reading, and what time does to them.

`work` decides what a reading is: new, a repeat, a recovery, late. `opening` gives a new one its ticket, its group's
(`groups`), or none while a silence covers it (`silences`). `flapping` holds the ticket of what comes and goes; `silent`
notices sources that say nothing. `lines` is what the timeline keeps. Each `*_due` is a sweep.

Locks are taken in one order: the alert's key, the row of its group, the ticket.
"""
