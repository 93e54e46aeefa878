"""The form "play": independent mechanisms on residual internal coordinates, exact in kind for regular cells."""
