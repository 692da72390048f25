"""The walls of the house, read from the source: who may import whom, who may ask the clock, what files look like."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from strategic_prosecution import model
from strategic_prosecution.metrics import METRICS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "strategic_prosecution"
PYTHON = sorted(PACKAGE.rglob("*.py"))
PIPELINES = sorted((ROOT / "pipelines").rglob("*.py"))
SQL = sorted(PACKAGE.rglob("*.sql"))

# Imports go down only. Those of the ground floor stand on each other in this order.
GROUND = ("model", "settings", "keys", "warehouse", "fingerprints", "desk")
MIDDLE = (
    "dictionary",
    "extracts",
    "people",
    "places",
    "hotspots",
    "groups",
    "metrics",
    "evaluation",
    "safeguards",
    "report",
    "demo",
)
TOP = ("stages", "cli")
# Frames in, frames or small frozen results out.
# Places and people are matched by joins over many strings: in a database, but one in memory.
PURE = ("hotspots", "groups", "evaluation", "report")
# Runs and what people enter have a moment; results have a day, which is an argument.
CLOCKS = ("cli", "warehouse", "desk", "stages", "extracts.land", "safeguards.audit")
CLOCK_CALLS = ("today", "now", "utcnow")
SQL_CLOCKS = ("now", "today", "current_date", "current_timestamp", "get_current_timestamp", "random")
KEYWORDS = re.compile(
    "all|and|as|between|by|case|count|create|cross|delete|desc|distinct|drop|else|end|exists|false|from|full|group|"
    "having|in|inner|insert|into|is|join|last|left|like|limit|max|min|not|null|nulls|on|or|order|outer|over|partition|"
    "qualify|replace|right|select|set|sum|table|temp|then|true|union|unnest|update|using|values|view|when|where|window|"
    "with",
    re.IGNORECASE,
)


def test_every_part_of_the_package_has_its_floor() -> None:
    assert {_part(path) for path in PYTHON} - {"", *GROUND, *MIDDLE, *TOP} == set(), "say here where a new part stands"


def test_imports_go_one_way() -> None:
    assert _broken(PYTHON, lambda path: sorted(_own_imports(path) - {_part(path)} - _allowed(_part(path)))) == {}


def test_nothing_below_the_flows_knows_prefect_or_them() -> None:
    assert _broken(PYTHON, lambda path: sorted(_roots(path) & {"prefect", "pipelines"})) == {}


def test_statistics_know_no_database() -> None:
    pure = [path for path in PYTHON if _part(path) in PURE]
    assert _broken(pure, lambda path: sorted(_roots(path) & {"duckdb", "duckdb_extension_httpfs", "prefect"})) == {}
    assert _broken(pure, lambda path: sorted(_own_imports(path) & {"warehouse", "desk"})) == {}


def test_flows_hold_no_query_and_no_statistics() -> None:
    tools = {"duckdb", "numpy", "scipy", "sklearn", "statsmodels", "geopandas"}
    assert _broken(PIPELINES, lambda path: sorted(_roots(path) & tools)) == {}
    assert _broken(PIPELINES, lambda path: [call for call in _calls(path) if call.endswith((".execute", ".sql"))]) == {}


def test_only_the_warehouse_opens_duckdb() -> None:
    others = [path for path in [*PYTHON, *PIPELINES] if _part(path) != "warehouse"]
    assert _broken(others, _opens_duckdb) == {}


def test_only_the_edges_ask_the_clock() -> None:
    inside = [
        path
        for path in [*PYTHON, *PIPELINES]
        if not any(_module(path) == name or _module(path).startswith(f"{name}.") for name in CLOCKS)
    ]
    assert _broken(inside, _asks_the_clock) == {}
    assert _broken(SQL, lambda path: sorted({word.lower() for word in _sql_words(path)} & {*SQL_CLOCKS})) == {}


def test_randomness_has_a_seed() -> None:
    assert _broken(PYTHON, _has_no_seed) == {}


def test_modules_say_what_they_are_and_import_by_name() -> None:
    everything = [*PYTHON, *PIPELINES]
    assert [path.name for path in everything if not ast.get_docstring(_tree(path))] == []
    assert _broken(everything, lambda path: [name for name in _imports(path) if name.endswith(".*")]) == {}
    assert [path.name for path in everything if path.stem in ("utils", "helpers", "common", "misc")] == []


def test_packages_name_what_is_public_and_it_is_documented() -> None:
    for path in (path for path in PYTHON if path.name == "__init__.py" and path.parent != PACKAGE):
        package = importlib.import_module(f"{PACKAGE.name}.{_module(path)}")
        for public in package.__all__:
            thing = getattr(package, public)
            is_ours = getattr(thing, "__module__", "").startswith(PACKAGE.name)
            if is_ours and (inspect.isfunction(thing) or inspect.isclass(thing)):
                # A dataclass without words of its own gets its signature for a docstring.
                documented = thing.__doc__ and not thing.__doc__.startswith(f"{public}(")
                assert documented, f"{_module(path)}.{public} has no docstring"


def test_queries_open_with_their_grain_in_lower_case() -> None:
    headers = {path.name: path.read_text(encoding="utf-8").splitlines()[0] for path in SQL}
    assert {name: line for name, line in headers.items() if not re.match(r"--.*\bgrain\b", line, re.IGNORECASE)} == {}
    assert (
        _broken(
            SQL, lambda path: [word for word in _sql_words(path) if KEYWORDS.fullmatch(word) and word != word.lower()]
        )
        == {}
    )


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    pattern = re.compile(r"(?<![\w.$}/-])/(?:work|tmp|home|root|Users)\b")
    assert _broken(_texts(), lambda path: pattern.findall(path.read_text(encoding="utf-8"))) == {}


def test_people_have_no_score() -> None:
    """Groups have ranks and addresses a match score; people have neither."""
    columns = {f"{table.schema}.{table.name}.{name}" for table in model.TABLES for name in table.names}
    assert {name for name in columns if _is_score(name.split(".")[-1])} == {"core.places.score"}
    assert [metric.name for metric in METRICS if _is_score(metric.name)] == []
    # coverage.py names what is not built, and why.
    about_people = [
        path for path in PYTHON if _part(path) in ("people", "groups", "metrics", "desk") and path.name != "coverage.py"
    ]
    about_people.append(PACKAGE / "stages" / "groups.py")
    assert _broken(about_people, lambda path: sorted(filter(_is_score, _names(path)))) == {}


def test_the_detectives_see_what_they_look_for(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(
        "import random\nfrom datetime import datetime\n\nimport duckdb\nimport numpy as np\n\n"
        "from strategic_prosecution import stages\nfrom strategic_prosecution.places import geocode\n\n\n"
        "def rank(risk_score: float) -> object:\n    duckdb.connect()\n    datetime.now()\n"
        "    np.random.default_rng()\n    np.random.rand()\n    return stages, geocode, random\n",
        encoding="utf-8",
    )
    assert _own_imports(planted) - _allowed("hotspots") == {"stages", "places"}
    assert _own_imports(planted) - _allowed("report") == {"stages"}
    assert _opens_duckdb(planted) == ["duckdb.connect"]
    assert _asks_the_clock(planted) == ["datetime.now"]
    assert _has_no_seed(planted) == ["import random", "np.random.default_rng()", "np.random.rand"]
    assert [name for name in _names(planted) if _is_score(name)] == ["risk_score"]
    query = tmp_path / "planted.sql"
    query.write_text("-- SELECT here is prose\nSELECT 'FROM', \"WHERE\", now() from core.cases", encoding="utf-8")
    assert _sql_words(query) == ["SELECT", "now", "from", "core", "cases"]


def _broken(paths: list[Path], look: Callable[[Path], list[str]]) -> dict[str, list[str]]:
    """What each file has that it may not have, for the files that have something."""
    found = {str(path.relative_to(ROOT)): look(path) for path in paths}
    return {name: hits for name, hits in found.items() if hits}


def _module(path: Path) -> str:
    """The dotted name below the package (`extracts.land`, `stages`, `cli`); 'pipelines' for a flow."""
    if not path.is_relative_to(PACKAGE):
        return "pipelines"
    parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _part(path: Path) -> str:
    return _module(path).split(".")[0]


def _allowed(part: str) -> set[str]:
    """What a part of the package may import besides itself."""
    if part in GROUND:
        return set(GROUND[: GROUND.index(part)])
    if part == "report":
        # It shows what the others make, so it reads their result types.
        return {*GROUND, *MIDDLE}
    if part in MIDDLE:
        return set(GROUND)
    return {*GROUND, *MIDDLE, *TOP[: TOP.index(part)]} if part in TOP else set()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _imports(path: Path) -> tuple[str, ...]:
    """Every module a file imports, anywhere in it; `from package import name` as package.name."""
    found: list[str] = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: write imports in full, not relative"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(found)


def _own_imports(path: Path) -> set[str]:
    """The parts of our package a file imports: `model`, `places`."""
    return {name.split(".")[1] for name in _imports(path) if name.startswith(f"{PACKAGE.name}.")}


def _roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in _imports(path)}


def _calls(path: Path) -> Iterator[str]:
    """The dotted name of every call; `default_rng()` without an argument keeps its parentheses."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and (name := _dotted(node.func)):
            yield name if node.args or node.keywords or not name.endswith("default_rng") else f"{name}()"


def _dotted(node: ast.expr) -> str:
    """`np.random.rand` of an attribute chain; the end of it where the start is no name."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def _opens_duckdb(path: Path) -> list[str]:
    named = [name for name in _imports(path) if name == "duckdb.connect"]
    return named + [call for call in _calls(path) if call == "duckdb.connect"]


def _asks_the_clock(path: Path) -> list[str]:
    return [call for call in _calls(path) if call.split(".")[-1] in CLOCK_CALLS or call == "time.time"]


def _has_no_seed(path: Path) -> list[str]:
    imported = ["import random"] if "random" in _roots(path) else []
    unseeded = r".*default_rng\(\)|(np|numpy)\.random\.(?!default_rng$)[a-z]\w*"
    return imported + [call for call in _calls(path) if re.fullmatch(unseeded, call)]


def _names(path: Path) -> set[str]:
    """Every name a file gives or uses, and every text in it that could be a column."""
    names: set[str] = set()
    for node in ast.walk(_tree(path)):
        named = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "arg", None)
        names |= {str(text) for text in (named, getattr(node, "name", None)) if text}
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            names.add(node.value)
    return names


def _is_score(name: str) -> bool:
    return "score" in name.lower() and "scorecard" not in name.lower()


def _sql_words(path: Path) -> list[str]:
    """The words of a query outside comments, strings and quoted names."""
    text = re.sub(r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"", " ", path.read_text(encoding="utf-8"))
    return re.findall(r"[A-Za-z_]\w*", text)


def _texts() -> list[Path]:
    """Every text file of the repository that is ours."""
    folders = ("src", "pipelines", "tests", "docs", "examples", "benchmarks", "notebooks", ".ci")
    endings = (".py", ".sql", ".md", ".toml", ".yaml", ".yml", ".j2", ".js", ".ipynb", "")
    inside = [
        path for folder in folders for path in sorted((ROOT / folder).rglob("*")) if "__pycache__" not in path.parts
    ]
    return [path for path in [*sorted(ROOT.iterdir()), *inside] if path.is_file() and path.suffix in endings]
