"""What this project's stacks need and LocalStack 4.14 in host mode lacks."""
