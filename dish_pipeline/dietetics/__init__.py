"""Dietetic facts: the lexicon of foods, the reading of ingredient lines, facts, profiles and verdicts.

What belongs here: whatever can be said of a food, a line or a dish without a model, a database or an orchestrator.
The one rule of the whole room: contains > unknown > free, and unknown never passes.
"""
