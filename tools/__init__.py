"""What serves the repository and no user: the synthetic sample and generated documentation."""
