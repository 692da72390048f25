"""Prefect around the stages: schedules, retries, artifacts. No SQL, no statistics, and no person.

Prefect stores parameters, results, logs and artifacts on its server, so it is told dates, paths and counts and nothing
else: ``tasks`` has one task per stage, ``flows`` puts them in order, ``artifacts`` shows what may be shown.
"""
