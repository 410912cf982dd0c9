"""Many pictures, one after another."""
