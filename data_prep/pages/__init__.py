"""What people read of a prepared corpus: figures in words, and one HTML page."""
