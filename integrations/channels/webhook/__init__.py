"""A webhook of your own: the facts as JSON, signed as standardwebhooks.com says."""

from integrations.channels.description import Description, Field, Shape

CHANNEL = Description(
    summary="The facts as JSON to an address of your own, signed.",
    fields=(
        Field("url", "Address", "https://hooks.example.com/helpdesk", shape=Shape.URL),
        Field(
            "authorization", "Authorization header", "Sent as it is, where the address asks for one: Bearer …",
            secret=True, required=False,
        ),
    ),
    makes="signing",
)  # fmt: skip
