"""The picture of the program."""

from os.path import dirname, join

ICON = join(dirname(__file__), "icon.svg")
