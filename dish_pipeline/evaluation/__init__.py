"""What a model and its ideas are worth: likelihood, novelty, usability, and the report that shows them.

What belongs here: measuring and showing. Nothing here trains, samples or stores.
"""
