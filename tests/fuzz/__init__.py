"""Thousands of damaged pictures through ``core.images`` and the page: see ``__main__``."""
