"""A trained run asked about files: one module reads them, one a task says what they hold."""
