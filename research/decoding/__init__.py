"""From a network's outputs to what people read: label sequences, calls of animals, tokens."""
