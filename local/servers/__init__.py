"""The two servers of the local cloud, as processes that never outlive their owner."""
