"""What connects this package to others: adapters and the host MMagic."""
