"""The periodic cell problem: the fluctuation condensed once, an increment solved exactly."""
