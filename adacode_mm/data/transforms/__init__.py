"""What an image goes through on its way to a network."""
