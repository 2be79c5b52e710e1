"""The variants beyond one machine: simulated, from published latencies and quotas."""
