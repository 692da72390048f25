"""Who may be called up or down."""

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from strategic_prosecution.metrics.verdicts import give_verdicts


def rows(p_values: list[float], metric: str = "other") -> pd.DataFrame:
    return pd.DataFrame({"metric": metric, "observed": 5.0, "expected": 9.0, "p_value": p_values})


def test_headline_metrics_stand_by_themselves_at_two_in_a_thousand() -> None:
    given = pd.concat([rows([0.0019, 0.0021, np.nan], "named"), rows([0.9] * 500)], ignore_index=True)
    told = give_verdicts(given, headline=("named",))
    assert told["verdict"][:3].tolist() == ["down", "none", "not_tested"]
    assert told["is_headline"].tolist() == [True] * 3 + [False] * 500
    assert told["q_value"][:3].isna().all()


def test_all_others_share_one_benjamini_hochberg() -> None:
    p_values = np.r_[0.0001, 0.0009, 0.004, 0.019, 0.03, np.linspace(0.1, 1, 45)]
    expected = multipletests(p_values, method="fdr_bh", alpha=0.05)
    given = rows([*p_values, np.nan]).assign(metric=[f"m{number % 7}" for number in range(51)])
    told = give_verdicts(given, headline=())
    np.testing.assert_allclose(told["q_value"][:50], expected[1])
    assert (told["verdict"][:50] == "down").tolist() == expected[0].tolist()
    assert told["verdict"][50] == "not_tested" and np.isnan(told["q_value"][50])


def test_tests_of_headline_metrics_do_not_weigh_on_the_others() -> None:
    lone = give_verdicts(rows([0.04]), headline=())
    both = give_verdicts(pd.concat([rows([0.04]), rows([0.5] * 99, "named")]), headline=("named",))
    assert lone["verdict"].iloc[0] == both["verdict"].iloc[0] == "down"


def test_up_and_down_are_sides() -> None:
    given = rows([0.001, 0.001], "named").assign(observed=[12.0, 6.0])
    assert give_verdicts(given, headline=("named",))["verdict"].tolist() == ["up", "down"]


def test_nothing_tested() -> None:
    assert give_verdicts(rows([np.nan, np.nan]), headline=())["verdict"].eq("not_tested").all()
    assert give_verdicts(rows([]), headline=()).empty
