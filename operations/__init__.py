"""What an operator does with a deployed stack: deploy, watch, mend and delete it."""
