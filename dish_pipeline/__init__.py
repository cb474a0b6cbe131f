"""Dish ideas for people who may not eat most dishes: recipes in, proved ideas out."""

__version__ = "0.1.0"
