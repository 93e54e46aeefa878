"""One point of a homogeneous solid as a microstructure: the smallest one of every law."""
