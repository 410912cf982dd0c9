"""Figures of a model and how they are written, their intervals, curves, and a paired test."""
