"""VarFormer, and what it is made of: VAR and its image tokenizer."""
