"""What stands before the decoders: files taken apart and checked, and their colours."""
