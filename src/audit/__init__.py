"""Audit: every event of every request, kept for those who ask later what happened."""
