"""The commands, one file each: parse, call, print. Only these files and ``cli.py`` know click.

A new command is a file with a click command named ``command``, and its line in ``commands/catalogue.py``. What it needs
beyond click and this package it imports inside the function, so that ``fairbook --help`` stays quick.
"""
