"""What other programmes computed, as data: paths of average strain and stress, with fields or without."""
