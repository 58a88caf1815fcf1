"""What MMagic 1.2 learns about us when it is imported."""
