"""Measurements, each figure beside its target."""
