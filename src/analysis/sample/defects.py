"""What offices do to good rows: other spellings, full-width digits, lines sent twice, contradictions."""

import numpy as np
import pandas as pd

FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def with_defects(
    rng: np.random.Generator, rows: pd.DataFrame, rates: dict, id_column: str, time_column: str, latest: str
) -> pd.DataFrame:
    """Return delivered incidents with the stated share of each defect; what ends in quarantine comes on top.

    `rows` holds texts under the delivery's own headers, 街道 and 社区 among them. The lines keep the order of time; a
    line sent twice follows the first one closely.
    """
    rows = rows.copy()
    size = len(rows)
    rows.loc[rng.random(size) < rates["missing_community"], "社区"] = ""
    other = (rng.random(size) < rates["old_community_name"]) & rows["社区"].ne("")
    rows.loc[other, "社区"] = [_written_otherwise(rng, name) for name in rows.loc[other, "社区"]]
    wide = rng.random(size) < rates["full_width_digits"]
    rows.loc[wide, time_column] = rows.loc[wide, time_column].astype("str").str.translate(FULL_WIDTH)
    again = rows[rng.random(size) < rates["duplicates"]]
    wrong = _renumbered(rows[(rng.random(size) < rates["wrong_street"]) & rows["社区"].ne("")], id_column, "9")
    wrong["街道"] = [_another(rng, street, rows["街道"].unique()) for street in wrong["街道"]]
    future = _renumbered(rows[rng.random(size) < rates["future_date"]], id_column, "8")
    future[time_column] = latest
    return pd.concat([rows, again, wrong, future]).sort_index(kind="stable").reset_index(drop=True)


def _renumbered(rows: pd.DataFrame, id_column: str, digit: str) -> pd.DataFrame:
    """Return rows under numbers of their own: a row set aside never shares its number with a good one."""
    return rows.assign(**{id_column: rows[id_column].str[:6] + digit + rows[id_column].str[6:]})


def _another(rng: np.random.Generator, street: str, streets: np.ndarray) -> str:
    # 吉华, 宝龙 and 园山 were parts of 布吉, 龙岗 and 横岗: the old street would be right for them.
    former = {"吉华街道": "布吉街道", "宝龙街道": "龙岗街道", "园山街道": "横岗街道"}
    return rng.choice([other for other in streets if other not in (street, former.get(street))])


def _written_otherwise(rng: np.random.Generator, name: str) -> str:
    if name == "布吉墟社区":
        return "布吉圩社区"
    short = name.removesuffix("社区")
    return rng.choice([short, f"{short}居委会", f"{short}社区工作站", f"{short}社区居委会"])
