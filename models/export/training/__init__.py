"""Trains the small pack that follows prompts, on clips that it draws itself."""
