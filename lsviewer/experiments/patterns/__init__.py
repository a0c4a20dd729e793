"""The experiments of Czarnecki et al. 2019: patterns in loss surfaces."""
