"""The benchmark: its jobs, runs and progress."""
