"""Parts of the page 'Compare models'."""
