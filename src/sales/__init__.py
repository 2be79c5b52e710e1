"""Sales: the leads that the sales team follows up for cross-selling."""
