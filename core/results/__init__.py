"""Every file that training writes and pages read."""
