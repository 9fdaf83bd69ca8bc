"""Push to a person's browsers (RFC 8030), encrypted for each (RFC 8291) and signed by the desk's key (RFC 8292).

No admin sets it up: a person subscribes a browser, which becomes one of their contact methods.
"""
