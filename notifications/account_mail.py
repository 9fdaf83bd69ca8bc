"""Mail about accounts: confirmations, resets, invitations, as Delivery rows like everything else."""

from allauth.account.adapter import DefaultAccountAdapter


class Adapter(DefaultAccountAdapter):
    """allauth's hooks into the desk."""
