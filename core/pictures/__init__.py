"""Where pictures come from, and what is measured or changed in them without a network."""
