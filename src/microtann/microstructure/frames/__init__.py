"""Frames: periodic cells of beams that stretch, bend and twist, with fibres that yield."""
