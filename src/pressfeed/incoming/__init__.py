"""Incoming mail → what it is (pure): bounces, complaints, unsubscriptions, automatic answers, replies."""

from __future__ import annotations

from pressfeed.incoming.classify import read
from pressfeed.incoming.types import BLOCKED, BOUNCES, SOFT, Failure, Finding, Kind

__all__ = ["BLOCKED", "BOUNCES", "SOFT", "Failure", "Finding", "Kind", "read"]
