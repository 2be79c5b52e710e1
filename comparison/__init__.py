"""The variants compared: what each costs, and how each behaves beyond what one machine bears."""
