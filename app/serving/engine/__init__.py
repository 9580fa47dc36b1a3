"""A package at work: texts to tokens to logits to answers, by ONNX Runtime and tokenizers alone. No torch."""
