"""Experiments on any network: planes, trajectories, spectra."""
