"""Replay before save: the stored bodies of the last months read, grouped and placed again in memory, under the settings
in force and under a draft. Nothing is written.

`stored` reads the bodies, newest first, for so long; `desk` is a model of what `integrations.episodes` does with
alerts; `compare` lets both sides live and says what differs.
"""
