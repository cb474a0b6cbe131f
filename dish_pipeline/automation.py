"""What runs together, and when: jobs and schedules.

What belongs here: selections of assets, cron lines, nothing that computes.
"""

import dagster as dg

EVERYTHING = "everything"

jobs = [
    dg.define_asset_job(EVERYTHING, selection=dg.AssetSelection.all(), description="The whole chain, from files to the candidates file."),
    dg.define_asset_job("recipes", selection=dg.AssetSelection.groups("recipes"), description="Read, validate, judge and augment the recipes."),
    dg.define_asset_job(
        "language_model", selection=dg.AssetSelection.groups("language_model"), description="Tokenizer, baselines, training, report, promotion."
    ),
    dg.define_asset_job(
        "candidates", selection=dg.AssetSelection.groups("candidates"), description="Ideas of the model in use, proved and published."
    ),
]

weekly_retraining = dg.ScheduleDefinition(
    name="weekly_retraining", job=jobs[0], cron_schedule="0 3 * * 1", execution_timezone="UTC",
    description="Every Monday at 03:00 UTC: read what is new, retrain, compare, publish. What is fresh is reused.",
)

schedules = [weekly_retraining]
