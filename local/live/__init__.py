"""The live view of `make run`: one premium travels through the variants, and a browser watches."""
