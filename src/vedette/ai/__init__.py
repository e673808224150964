"""What language models are given and what is made of their answers. Everything here works without a model."""
