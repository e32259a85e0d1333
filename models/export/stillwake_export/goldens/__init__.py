"""Small random checkpoints of the real classes, and what diffusers makes of them."""
