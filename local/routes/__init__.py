"""Which event reaches whom, as a template says."""
