"""How much of one mail is read. Beyond a limit the rest stays in the raw source and the letter says so."""

HEADER_BYTES = 256 * 1024
HEADER_LINES = 1_000
DEPTH = 30
PARTS = 500
ATTACHMENTS = 200
TEXT = 1_000_000  # characters of one text or HTML body
ADDRESSES = 500
ADDRESS_CHARACTERS = 64 * 1024  # of one header
IDS = 500
ID_CHARACTERS = 10_000
SUBJECT = 2_000
PARAMETERS = 100
PARAMETER_BYTES = 16 * 1024
LINES = 20_000  # of text looked through for quotes
TAGS = 50_000  # of HTML kept
NESTED_TAGS = 60
PACKED_BYTES = 30 * 1024 * 1024  # of a winmail.dat
BOUNCE_BYTES = 100 * 1024
