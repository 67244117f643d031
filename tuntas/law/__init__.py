"""The regulation as code: dated rules with their citation, and exact arithmetic on tallies.

Pure: the standard library only, no clock, no database, no settings. Everything is exact
(`fractions.Fraction`); rounding happens where a number is shown or classified.
"""
