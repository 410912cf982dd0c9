"""Estimates with their intervals, and how they are written."""
