"""Hot times: the incidents of each category and window by weekday and hour of the office's clock."""

from datetime import date, timedelta

import pandas as pd

from strategic_prosecution import hotspots, model
from strategic_prosecution.settings import Office
from strategic_prosecution.stages.queries import query
from strategic_prosecution.warehouse import Connection

# Minutes of the week count from a Monday.
A_MONDAY = pd.Timestamp(2024, 1, 1)
MAX_HOURS = 168


def hot_times(connection: Connection, *, office: Office, as_of: date) -> pd.DataFrame:
    """mart.hot_times of every category and window: 168 rows each, whether or not an incident has a place."""
    names = list(model.table("mart.hot_times").names)
    frames = []
    for category, offenses in office.hotspots.categories.items():
        for days in office.hotspots.windows_days:
            times = connection.execute(
                query("incident_times"),
                {
                    "zone": office.office.timezone,
                    "after": as_of - timedelta(days=days),
                    "until": as_of,
                    "offenses": list(offenses),
                    "most_minutes": (MAX_HOURS + 1) * 60,
                },
            ).df()
            start = A_MONDAY + pd.to_timedelta(times["minute_of_week"], unit="min")
            found = hotspots.hot_times(
                start,
                start + pd.to_timedelta(times["minutes"], unit="min"),
                count=times["incidents"],
                has_time=times["has_time"],
                max_hours=MAX_HOURS,
            )
            frames.append(found.hours.assign(as_of=as_of, category=category, window_days=days)[names])
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=names)
