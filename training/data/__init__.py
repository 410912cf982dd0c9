"""Labelled pictures: folders, collections, pixels."""
