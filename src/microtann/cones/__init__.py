"""Groups of slips that flow together: min ½ x·Kx − r·x + Σ R(|x_g|), with one yield surface for every group."""
