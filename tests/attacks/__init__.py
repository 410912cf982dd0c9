"""What one visitor can do to a server that others use: each attack against one held to 690 MiB."""
