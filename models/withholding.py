"""The end of a prediction that may not be published."""

from __future__ import annotations


class WithheldError(Exception):
    """A prediction cannot be computed or trusted on this data; the message says why and stands on the card."""
