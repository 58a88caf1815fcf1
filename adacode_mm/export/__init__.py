"""Networks for other runtimes: ONNX."""
