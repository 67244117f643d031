"""Proof: what lets anyone check a published number without trusting the office. PURE.

Canonical records, trees of hashes, the archive that is given away, and checking it. Needs the
standard library and `tuntas.law` only: no database, no settings, no framework. Every byte is
specified in docs/proof.md.
"""
