"""Training, export and evaluation of model packs for Think2Seg Desktop."""

__version__ = "0.1.0"
