"""From any file to clean data: readers, validation, near-duplicates, splits, augmentation.

What belongs here: everything between a user's file and the dishes that a model learns from. No torch, no Dagster.
"""
