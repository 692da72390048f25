"""The report of one edition: published frames in, one self-contained HTML page out.

Pure: no DuckDB, no clock, no network, nothing random. The page makes no request when it is opened, and its own
Content-Security-Policy has the browser enforce that.
"""

from strategic_prosecution.report.data import MetricRecord, ReportData
from strategic_prosecution.report.maps import map_html
from strategic_prosecution.report.page import render_report

__all__ = ["MetricRecord", "ReportData", "map_html", "render_report"]
