"""What is taken home: pages to print and tables."""
