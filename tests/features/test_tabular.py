"""One row a firm from tables of firms: what is missing stays missing, what is later is not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.tabular import load_firms


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
    early = load_firms(folder, as_of="2017-01-31")
    assert cells(early, "a", "report_count") == [1]
    assert cells(early, "b", "news_present") == [0]
    assert cells(early, "a", "report_last_years_ago") == pytest.approx([31 / 365.25])


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
    assert cells(firms, "a", "base_age_years") == pytest.approx([9.47], abs=0.01)
    assert cells(firms, "a", "change_count", "change_code_939", "change_recent") == [2, 1, 1]
    assert np.isnan(cells(firms, "b", "base_age_years")).all()
    indices = firms.filter(like="index_")
    assert indices.shape[1] == 5
    assert np.nanmin(indices.to_numpy()) >= 0
    assert np.nanmax(indices.to_numpy()) <= 100


def test_no_list_no_table(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no list of firms"):
        load_firms(tmp_path)
