"""Tables of labels as people and programs write them: one reading for pages and for training."""
