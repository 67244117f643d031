"""Speed and size as ratios to a limit or peer measured in the same run."""
