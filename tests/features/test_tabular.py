"""One row a firm from tables of firms: what is missing stays missing, what is later is not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.firm_index import DIMENSIONS, raised_by, unknown_of
from features.tabular import aligned, load_firms


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    def write(name: str, text: str) -> None:
        (tmp_path / name).write_text(text, encoding="utf-8")

    write("labels.csv", "id,label\nc,1\na,0\nb,0\n")
    write(
        "annual_report_info.csv",
        "id,ANCHEYEAR,STATE,EMPNUM,BUSSTNAME,WEBSITSIGN,PUBSTATE\na,2016,2,3,开业,2,3\na,2018,2,9,停业,2,1\nz,2018,2,9,开业,2,1\n",
    )
    tax = "id,START_DATE,END_DATE,TAX_CATEGORIES,TAX_ITEMS,TAXATION_BASIS,TAX_RATE,DEDUCTION,TAX_AMOUNT\n"
    tax += "a,2016/06/01,2016/06/30,印花税,滞纳金,,,,10\na,2016/06/01,2016/06/30,印花税,滞纳金,,,,10\na,2015/06/01,2015/06/30,营业税,其他,,,,30\n"
    write("tax_info.csv", tax)
    write("news_info.csv", "id,positive_negtive,public_date\na,消极,2018-04-20\na,消极,2018-04-20\na,积极,1小时前\nb,中立,2019-12-04\n")
    write("other_info.csv", "id,legal_judgment_num,brand_num,patent_num\nb,3,,\n")
    return tmp_path


def cells(firms: pd.DataFrame, firm: str, *names: str) -> list[float]:
    place = firms.index.tolist().index(firm)
    return [float(firms[n].to_numpy()[place]) for n in names]


def test_one_row_a_firm_in_the_listed_order(folder: Path) -> None:
    firms = load_firms(folder)
    assert firms.index.tolist() == ["c", "a", "b"]
    assert (firms.dtypes == "float64").all()
    assert cells(firms, "c", "report_present", "tax_present", "news_present", "other_present") == [0, 0, 0, 0]
    assert np.isnan(cells(firms, "c", "tax_amount")).all()
    assert cells(firms, "a", "report_empnum_change") == [6]
    assert cells(firms, "a", "report_last_state_stopped") == [1]


def test_duplicates_and_bad_dates(folder: Path) -> None:
    firms = load_firms(folder)
    assert cells(firms, "a", "news_count", "news_negative", "news_undated") == [2, 1, 1]
    assert cells(firms, "a", "tax_count", "tax_late_share", "tax_amount") == [2, 0.5, 40]
    assert cells(firms, "a", "tax_late_amount_share") == [0.25]


def test_what_is_later_is_not_seen(folder: Path) -> None:
    early = load_firms(folder, as_of="2017-07-31")
    assert cells(early, "a", "report_count") == [1]
    assert cells(early, "b", "news_present") == [0]
    assert cells(early, "a", "report_last_years_ago") == pytest.approx([212 / 365.25])


def test_order_of_rows_does_not_matter(folder: Path) -> None:
    before = load_firms(folder)
    for path in folder.glob("*_info.csv"):
        pd.read_csv(path).sample(frac=1, random_state=1).to_csv(path, index=False)
    pd.testing.assert_frame_equal(load_firms(folder), before)


def test_base_and_changes(folder: Path) -> None:
    (folder / "base_info.csv").write_text(
        "id,oplocdistrict,industryphy,industryco,opscope,enttype,opfrom,opto,regcap,reccap\n"
        "a,340223,M,7513,投资咨询；养老服务。不得从事吸收存款,1100,2010-07-11 00:00:00,,50,10\nb,340223,,,,1100,bad,,,\n",
        encoding="utf-8",
    )
    (folder / "change_info.csv").write_text("id,bgxmdm,bgq,bgh,bgrq\na,939.0,x,y,20180101000000\na,111,x,y,2019-01-01\n", encoding="utf-8")
    firms = load_firms(folder, as_of="2020-01-01")
    assert cells(firms, "a", "base_capital_gap", "base_industry", "base_scope_pension", "base_scope_disclaim") == [40, 13, 1, 2]
    assert cells(firms, "a", "base_scope_invest", "base_scope_finance", "index_marker") == [1, 0, 0]
    assert cells(firms, "a", "base_age_years") == pytest.approx([9.47], abs=0.01)
    assert cells(firms, "a", "change_count", "change_code_939", "change_recent") == [2, 1, 1]
    assert np.isnan(cells(firms, "b", "base_age_years")).all()
    indices = firms[[f"index_{name}" for name in DIMENSIONS]]
    assert np.nanmin(indices.to_numpy()) >= 0
    assert np.nanmax(indices.to_numpy()) <= 100


def test_a_report_is_known_when_it_was_due(folder: Path) -> None:
    assert cells(load_firms(folder, as_of="2017-06-29"), "a", "report_present") == [0]
    assert cells(load_firms(folder, as_of="2017-06-30"), "a", "report_count") == [1]


def test_the_future_changes_nothing(folder: Path) -> None:
    (folder / "change_info.csv").write_text("id,bgxmdm,bgq,bgh,bgrq\na,111,5,9,2017-01-01\na,112,x,y,2019-01-01\n", encoding="utf-8")
    then = load_firms(folder, as_of="2018-12-31")
    later = {
        "annual_report_info.csv": "a,2018,1,900,清算,1,1",
        "tax_info.csv": "a,2019/06/01,2019/06/30,增值税,滞纳金,,,,99999",
        "news_info.csv": "b,消极,2019-01-01\nc,消极,3小时前",
        "change_info.csv": "a,999,1,2,20200101\nb,111,,,",
    }
    for name, rows in later.items():
        table = folder / name
        kept = [line for line in table.read_text(encoding="utf-8").splitlines() if "2019" not in line and "2018,2,9" not in line]
        table.write_text("\n".join([*kept, rows, ""]), encoding="utf-8")
    pd.testing.assert_frame_equal(load_firms(folder, as_of="2018-12-31"), then)
    assert cells(then, "a", "change_rose", "change_count") == [1, 1]


def test_missing_columns_are_unknown_and_a_table_without_id_is_refused(folder: Path) -> None:
    whole = load_firms(folder, as_of="2021-01-01")
    for path in folder.glob("*_info.csv"):
        pd.read_csv(path, dtype=str)[["id"]].to_csv(path, index=False)
    (folder / "base_info.csv").write_text("id\na\n", encoding="utf-8")
    bare = load_firms(folder)
    assert cells(bare, "a", "report_present", "tax_present", "base_present") == [1, 1, 1]
    assert set(whole) <= set(bare)
    told = [
        "report_last_empnum",
        "report_last_state_open",
        "tax_amount",
        "tax_late_share",
        "news_negative",
        "base_regcap",
        "base_scope_invest",
    ]
    assert np.isnan(cells(bare, "a", *told)).all()
    assert cells(bare, "a", "index_known") == [1]  # that it is written about is known from the rows alone
    (folder / "base_info.csv").write_text("name\na\n", encoding="utf-8")
    with pytest.raises(KeyError, match="id"):
        load_firms(folder)


def test_rows_of_the_register_that_differ_are_chosen_by_content(folder: Path) -> None:
    rows = ["a,100,", "a,100,50", "a,,50"]
    frames = []
    for turned in (rows, rows[::-1]):
        (folder / "base_info.csv").write_text("\n".join(["id,regcap,reccap", *turned, ""]), encoding="utf-8")
        frames.append(load_firms(folder))
    pd.testing.assert_frame_equal(frames[0], frames[1])
    assert cells(frames[0], "a", "base_capital_gap") == [50]


def test_the_index_says_what_raised_it_and_what_is_unknown(folder: Path) -> None:
    firms = load_firms(folder)
    row = firms.index.tolist().index("a")
    raised = raised_by(firms, [row])[0]
    assert {r.fact.dimension for r in raised} == {"compliance", "complaints", "reach"}
    for name in ("compliance", "reach", "complaints"):
        points = sum(r.points for r in raised if r.fact.dimension == name)
        assert cells(firms, "a", f"index_{name}") == pytest.approx([min(points, 100)])
    assert "滞纳金占纳税记录50%" in [r.zh for r in raised]
    assert unknown_of(firms, row) == ["enticement", "marker"]
    assert np.isnan(cells(firms, "c", "index_total")).all()
    assert cells(firms, "c", "index_known") == [0]


def test_a_code_of_change_nobody_has_is_a_count_of_none() -> None:
    frame = pd.DataFrame({"change_present": [1.0, 0.0], "x": [1.0, 2.0]})
    got = aligned(frame, ["x", "change_code_7", "y"])
    assert got["x"].tolist() == [1, 2]
    assert got["change_code_7"].fillna(-1).tolist() == [0, -1]
    assert got["y"].isna().all()


def test_no_list_no_table(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no list of firms"):
        load_firms(tmp_path)
