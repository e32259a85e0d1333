"""Writes flow packs from diffusers checkpoints."""
