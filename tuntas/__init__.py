"""Tuntas: the whole loop of a public satisfaction survey, through to the end."""

__version__ = "0.3.0"
