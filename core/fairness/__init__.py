"""Figures by group of people: reviewed, at a threshold of one's own, on one's own collection."""
