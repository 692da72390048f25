"""Column and file names as plain words: `CMPLNT_FR_DT`, `DateOccured` and `100 Block Address` read alike."""

import re
from functools import cache

_SAME = {
    "date": ("dt", "dat", "dte", "day"),
    "time": ("tm", "tme"),
    "date time": ("dttm", "datetime", "timestamp", "dtm"),
    "report": ("rpt",),
    "reported": ("rptd", "rprtd"),
    "complaint": ("cmplnt", "compl", "cmplt"),
    "offense": ("ofns", "offence", "off", "offenses", "offences", "ofn"),
    "description": ("desc", "descr", "descript", "dscr", "descrip"),
    "code": ("cd", "cde"),
    "number": ("num", "nbr", "no", "nmbr", "nr", "nos", "numb"),
    "address": ("addr", "adr", "addrs"),
    "occurred": ("occ", "occur", "occured", "occurence", "occurrence", "occurrance", "occurance", "ocurred", "occurs"),
    "longitude": ("lng", "lon", "long"),
    "latitude": ("lat",),
    "coordinate": ("coord", "coordinates", "coords", "crd"),
    "incident": ("inc", "incid", "incidents", "incdnt"),
    "defendant": ("def", "deft", "dfdt", "defendants"),
    "disposition": ("disp", "dispo", "dispos", "disposed", "dispositon", "dispositions"),
    "crime": ("crm", "crimes"),
    "charge": ("chg", "chrg", "charges", "chrge", "charged"),
    "victim": ("vict", "vic", "victims", "vctm"),
    "suspect": ("perp", "susp", "perpetrator"),
    "referral": ("ref", "refer", "refl", "referrals"),
    "arrest": ("arr", "arst", "arrests", "arrested"),
    "birth date": ("dob", "birthdate", "birthday"),
    "first name": ("fname", "firstname", "fstname"),
    "last name": ("lname", "lastname", "lstname"),
    "from": ("fr", "frm"),
    "begin": ("beg", "bgn", "beginning", "began"),
    "hour": ("hr", "hours", "hrs"),
    "district": ("dist", "dst"),
    "neighborhood": ("nhood", "neigh", "neighbourhood", "nbhd", "nhd"),
    "precinct": ("pct", "prec"),
    "category": ("cat", "catg", "ctgry"),
    "disposition date": ("dispdate", "dispdt"),
    "supervision": ("suprv", "supv", "supervisn"),
    "sentence": ("sent", "sentences", "sentencing"),
    "indicator": ("ind", "flag", "flg", "indc"),
    "street": ("str", "strt"),
    "type": ("typ",),
    "agency": ("agcy", "agncy"),
    "id": ("key", "identifier", "ids"),
    "name": ("nm",),
    "statute": ("stat", "statutes"),
}
_LONG = {short: long for long, shorts in _SAME.items() for short in shorts}
# Words by which a name written without any break is cut ("incidentid", "crimedatetime").
_KNOWN = (  # noqa: SIM905
    "incident offense complaint report reported occurred arrest charge case court docket number code date time block "
    "address street location latitude longitude victim suspect defendant person name first last birth race sex gender "
    "age description category type status disposition sentence district precinct beat neighborhood zone unit agency "
    "officer id crime event hour coded month house weapon statute record file filed issue received begin end start "
    "custody bail bond booking release judge primary final x y indicator coordinate"
).split()


@cache
def words(name: str) -> str:
    """The words of a name in lower case, abbreviations written out, joined by one blank."""
    broken = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    broken = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", broken).replace("#", " number ")
    plain = re.sub(r"[^a-z0-9]+", " ", broken.lower())
    plain = re.sub(r"([a-z])(\d+)\b", r"\1 \2", plain)
    return " ".join(_LONG.get(part, part) for token in plain.split() for part in _cut(token))


def _cut(token: str) -> list[str]:
    """A token cut into known words when it is nothing else, longest first; itself when that does not come out even."""
    if token in _LONG or token in _KNOWN or len(token) < 6:
        return [token]
    known = [*sorted((*_KNOWN, *_LONG), key=len, reverse=True)]
    parts, rest = [], token
    while rest:
        part = next((word for word in known if len(word) > 1 and rest.startswith(word)), "")
        if not part:
            return [token]
        parts.append(part)
        rest = rest[len(part) :]
    # Two-letter pieces alone are more often a word nobody listed than abbreviations.
    return parts if sum(len(part) > 3 for part in parts) or token.endswith("id") else [token]
