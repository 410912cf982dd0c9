"""Parts of the page 'Stress test'."""
