"""The one place that writes files; zips and file names."""
