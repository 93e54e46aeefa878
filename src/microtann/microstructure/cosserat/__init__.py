"""Frames as Cosserat continua: strain, relative rotation and curvature drive the cell."""
