"""One script a page: it reads widgets, asks core, draws. No tensors, no file formats."""
