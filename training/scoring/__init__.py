"""A network scored, calibrated and written as a checkpoint."""
