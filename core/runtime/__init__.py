"""Processor, memory and imports of the process."""
