"""What a training step costs, and what it cost in the released code."""
