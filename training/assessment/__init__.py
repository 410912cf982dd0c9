"""Fits what core.assessment judges by."""
