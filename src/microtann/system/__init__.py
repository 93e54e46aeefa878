"""What the operating system and the files ask for: whole files, interrupts, memory, threads, caches of kernels."""
