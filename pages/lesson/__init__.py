"""Parts of the page 'In class'."""
