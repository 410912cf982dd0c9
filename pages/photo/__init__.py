"""Parts of the page 'Check a photo'."""
