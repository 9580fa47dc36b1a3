"""A model as a folder that can be served: an ONNX graph, its tokenizer, its labels, and what is known of it."""
