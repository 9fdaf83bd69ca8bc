#!/usr/bin/env python
"""Command line of the desk: `manage.py help` lists the commands."""

import os
import sys

from django.core.management import execute_from_command_line

from helpdesk.runtime import paths

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    paths.take_data_option(sys.argv)
    execute_from_command_line(sys.argv)
