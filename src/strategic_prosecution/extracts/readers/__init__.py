"""Files as they arrive: what form they have, their fingerprint, their records as text, the lines that do not fit.

One reader a form: ``csv`` (any delimiter), ``excel``, ``parquet``, ``json`` (an array, one object a line, GeoJSON).
"""

from strategic_prosecution.extracts.readers.form import FileProblem, Form, find_form, fingerprint
from strategic_prosecution.extracts.readers.read import Contents, read

__all__ = ["Contents", "FileProblem", "Form", "find_form", "fingerprint", "read"]
