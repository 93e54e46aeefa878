"""Reports: tables and figures of results, and the self-contained page that gathers them.

Nothing here computes mechanics; the inputs are arrays and numbers. matplotlib and pyvista are imported where a
figure is drawn, never with the package.
"""
