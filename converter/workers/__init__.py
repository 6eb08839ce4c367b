"""Where work runs: worker processes here, or those of a cluster."""
