"""Parts of the page 'Skin tone'."""
