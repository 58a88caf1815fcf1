"""Encoders, decoders and the weight predictor."""
