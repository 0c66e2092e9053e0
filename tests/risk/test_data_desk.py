"""Sources and how fresh they are, the matter list and what a clue belonged to on its day, sharing by application and grant."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, update

from risk.domain import matters as law
from risk.domain.authority import Grant, Principal, Scope, permissions_of
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.signals import digest
from risk.services import api_keys, data_sources, matters, sharing
from risk.services.dispatch import load_directory
from risk.services.sharing import Application
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.api.accounts_world import new_account
from tests.risk.task_world import HOME, LATER, MODEL, NOW, OTHER, issue

CODE, SECOND = "10000000000001", "10000000000002"
TODAY = date(2026, 10, 12)
UNTIL = date(2026, 12, 31)


# -- sources -----------------------------------------------------------------------------------------------------------


def _deliver(conn: Connection, source: str, moments: Sequence[datetime], *, accepted: int = 8, known: int = 0, refused: int = 0) -> None:
    rows = [
        {
            "key": digest([source, at.isoformat()]),
            "file": "x.csv",
            "source": source,
            "status": "done",
            "accepted": accepted,
            "duplicates": known,
            "quarantined": refused,
            "actor": "x",
            "started_at": at,
            "ended_at": at,
        }
        for at in moments
    ]
    conn.execute(insert(t.imports), rows)


def test_a_source_is_late_by_its_own_rhythm_or_the_one_that_was_set(engine: Engine) -> None:
    days = [NOW - timedelta(days=back) for back in range(30)]
    with transaction(engine) as conn:
        _deliver(conn, "每日", days)
        _deliver(conn, "停了", [day - timedelta(days=5) for day in days])
        _deliver(conn, "晚了", [day - timedelta(days=2) for day in days])
        _deliver(conn, "新来", days[:2])
        _deliver(conn, "很久以前", [NOW - timedelta(days=200)])
        found = {one.name: one for one in data_sources.list_sources(conn, NOW).items}
        assert {name: one.status for name, one in found.items()} == {
            "每日": "fresh", "停了": "silent", "晚了": "late", "新来": "unknown", "很久以前": "unknown",
        }  # fmt: skip
        assert found["每日"].every_minutes == 24 * 60
        assert found["很久以前"].last == NOW - timedelta(days=200)
        assert data_sources.list_sources(conn, NOW).counts == {"silent": 1, "late": 1, "unknown": 2, "fresh": 1, "off": 0}
        given: dict[str, Any] = {"watched": True, "owner": "信息中心", "reason": "按月推送", "actor": "王五", "now": NOW}
        state = data_sources.set_source(conn, "停了", every_minutes=31 * 24 * 60, version=0, **given)
        assert (state.status, state.set_by_person, state.version, state.owner) == ("fresh", True, 1, "信息中心")
        with pytest.raises(ConflictError):
            data_sources.set_source(conn, "停了", every_minutes=60, version=0, **given)
        off = data_sources.set_source(conn, "停了", every_minutes=None, **{**given, "watched": False})
        assert (off.status, off.version) == ("off", 2)
        assert conn.scalar(select(func.count()).select_from(t.source_settings)) == 2  # none is overwritten
        with pytest.raises(NotFoundError):
            data_sources.set_source(conn, "没有", every_minutes=60, **given)


def test_rows_of_days_add_up_and_shares_are_told(engine: Engine) -> None:
    with transaction(engine) as conn:
        _deliver(conn, "甲", [NOW - timedelta(days=back) for back in range(10)], accepted=6, known=3, refused=1)
        (one,) = data_sources.list_sources(conn, NOW, days=60).items
        assert sum(day.accepted + day.duplicates + day.quarantined for day in one.days) == one.rows == 100
        assert (one.duplicates_share, one.quarantine_share, one.too_many_refused, one.too_many_known) == (0.3, 0.1, True, False)
        assert len(one.days) == 60
        imported = conn.scalar(select(func.min(t.imports.c.id)))
        bad = {"import_id": imported, "row_no": 1, "raw": {}, "problems": [], "status": "open", "created_at": NOW}
        conn.execute(insert(t.quarantine), [bad])
        assert data_sources.list_sources(conn, NOW).items[0].open_quarantine == 1


# -- matters -----------------------------------------------------------------------------------------------------------


def _row(code: str, name: str = "广告监管") -> dict[str, str]:
    return {one.name: {"code": code, "name": name}.get(one.name, "依法实施") for one in law.columns()}


def _list(conn: Connection, rows: Sequence[dict[str, str]], day: date, reason: str = "年度调整") -> matters.MatterVersion:
    return matters.take_in(conn, rows, valid_from=day, source="清单.csv", reason=reason, actor="王五", now=NOW)


def _csv(path: Path, rows: Sequence[dict[str, str]], headings: Sequence[str] = ()) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(headings or [one.names[0] for one in law.columns()])
        out.writerows([row[one.name] for one in law.columns()] for row in rows)
    return path


def test_a_clue_keeps_the_name_its_matter_had_on_its_day(engine: Engine) -> None:
    with transaction(engine) as conn:
        tasks = issue(conn, 1)
        alert = conn.scalars(select(t.alerts.c.id)).one()
        assert matters.matters_of_alert(conn, alert) == ()
        first = _list(conn, [_row(CODE, "医疗广告监督检查"), _row(SECOND)], date(2026, 1, 1))
        given: dict[str, Any] = {"reason": "按清单", "actor": "王五", "now": NOW}
        with pytest.raises(InvalidInputError):
            matters.map_model(conn, MODEL, "19999999999999", valid_from=date(2026, 1, 1), **given)
        matters.map_model(conn, MODEL, SECOND, valid_from=date(2026, 1, 1), **given)
        matters.map_model(conn, MODEL, CODE, department="market_supervision", valid_from=date(2026, 1, 1), **given)
        (shown,) = matters.matters_of_alert(conn, alert)
        assert (shown.code, shown.name, shown.version_id) == (CODE, "医疗广告监督检查", first.id)
        later = _list(conn, [_row(CODE, "医疗广告监管"), _row(SECOND)], date(2026, 11, 1))
        assert matters.matters_of_alert(conn, alert) == (shown,)  # a list that begins later changes nothing of what was
        assert matters.matter_of_task(conn, tasks[0]) == shown
        conn.execute(update(t.tasks).values(issued_at=datetime.fromisoformat("2026-11-05T02:00:00+00:00")))
        renamed = matters.matter_of_task(conn, tasks[0])
        assert renamed is not None
        assert (renamed.name, renamed.version_id) == ("医疗广告监管", later.id)
        assert matters.matter_of(conn, MODEL, "finance_lead", TODAY) == matters.MatterShown(SECOND, "广告监管", first.id, TODAY)
        assert matters.matter_of(conn, MODEL, "market_supervision", date(2025, 1, 1)) is None
        assert [(one.id, one.in_force) for one in matters.versions(conn, TODAY)] == [(later.id, False), (first.id, True)]
        with pytest.raises(ConflictError):
            _list(conn, [_row(SECOND), _row(CODE, "医疗广告监管")], date(2026, 11, 1))


def test_a_mapping_ends_and_is_never_overwritten(engine: Engine) -> None:
    with transaction(engine) as conn:
        _list(conn, [_row(CODE), _row(SECOND)], date(2026, 1, 1))
        given: dict[str, Any] = {"reason": "按清单", "actor": "王五", "now": NOW}
        first = matters.map_model(conn, MODEL, CODE, valid_from=date(2026, 1, 1), **given)
        second = matters.map_model(conn, MODEL, SECOND, valid_from=date(2026, 7, 1), **given)
        assert [(one.id, one.valid_to) for one in matters.mappings(conn)] == [(second.id, None), (first.id, date(2026, 6, 30))]
        with pytest.raises(ConflictError):
            matters.map_model(conn, MODEL, CODE, valid_from=date(2026, 7, 1), **given)
        ended = matters.end_mapping(conn, second.id, date(2026, 9, 30), **given)
        assert ended.valid_to == date(2026, 9, 30)
        codes = [matters.matter_of(conn, MODEL, "x", day) for day in (date(2026, 6, 30), date(2026, 9, 30), date(2026, 10, 1))]
        assert [one.code if one else None for one in codes] == [CODE, SECOND, None]
        with pytest.raises(ConflictError):
            matters.end_mapping(conn, second.id, date(2026, 10, 30), **given)


def test_a_list_comes_from_csv_and_xlsx_and_goes_out_as_it_came(engine: Engine, tmp_path: Path) -> None:
    import xlsxwriter

    rows = [_row(SECOND, "=危险"), _row(CODE)]
    good, wrong = matters.parse(_csv(tmp_path / "a.csv", rows))
    assert (len(good), wrong) == (2, ())
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    sheet = book.add_worksheet()
    for place, one in enumerate(law.columns()):
        sheet.write(0, place, one.names[-1])
        for number, row in enumerate(rows, 1):
            sheet.write_string(number, place, row[one.name])
    book.close()
    assert matters.parse(tmp_path / "a.xlsx") == (good, ())
    _, wrong = matters.parse(_csv(tmp_path / "b.csv", [_row("7"), {**_row(CODE), "basis": ""}, _row(SECOND), _row(SECOND)]))
    assert [(one.row, one.code) for one in wrong] == [(1, "matter_code"), (2, "matter_missing"), (4, "matter_twice")]
    assert matters.first_fault(wrong).text("zh") == "第 1 行有误：事项编码应为 14 位数字：7"
    with pytest.raises(InvalidInputError) as lacking:
        matters.parse(_csv(tmp_path / "c.csv", rows, ["x"] * 10))
    assert lacking.value.code == "matter_columns"
    with transaction(engine) as conn:
        version = _list(conn, good, TODAY)
        told = list(csv.reader(io.StringIO(matters.as_csv(conn, version.id).removeprefix("\ufeff"))))
        assert [row[:2] for row in told] == [["事项编码", "事项名称"], [CODE, "广告监管"], [SECOND, "'=危险"]]
        assert matters.as_csv(conn, None).strip("\ufeff\r\n").split(",")[0] == "事项编码"
        assert [one.code for one in matters.list_matters(conn, None, TODAY, text="危险").items] == [SECOND]
        assert matters.list_matters(conn, None, date(2020, 1, 1)).items == ()


# -- sharing -----------------------------------------------------------------------------------------------------------


class People:
    """An applicant of Huangshi, the head of Wuhan's office, a head of Yichang."""

    def __init__(self, engine: Engine) -> None:
        with transaction(engine) as conn:
            load_directory(conn)  # the offices
        self.asks = _principal(engine, "黄石甲", "420200", OTHER)
        self.owner = _principal(engine, "武汉乙", "420100", HOME)
        self.third = _principal(engine, "宜昌丙", "420500", "420500-market_supervision")


def _principal(engine: Engine, name: str, division: str, office: str) -> Principal:
    number = new_account(engine, ["office_head"], [(division, "market_supervision")], office, name=name)
    return Principal(
        name, permissions_of(["office_head"]), Scope((Grant(division, "market_supervision"),)), account_id=number, office_code=office
    )


def _asked(**other: Any) -> Application:
    given = {"data": "alerts", "form": "export", "region": "武汉市", "department": "market_supervision", "until": UNTIL}
    return Application(**{**given, "purpose": "并案研判", "basis": "协作方案", **other})


def _granted(conn: Connection, who: People, **other: Any) -> int:
    number = sharing.apply(conn, _asked(**other), who=who.asks, now=NOW)
    sharing.receive(conn, number, who=who.owner, reason="受理", now=NOW)
    sharing.grant(conn, number, who=who.owner, reason="与用途相符", now=NOW)
    return number


def test_a_granted_export_has_the_fields_and_the_place_that_were_asked_for(engine: Engine) -> None:
    people = People(engine)
    with transaction(engine) as conn:
        issue(conn, 3, grades=(Grade.RED, Grade.YELLOW, Grade.YELLOW))
        far = conn.scalar(select(func.max(t.tasks.c.id)))
        conn.execute(update(t.tasks).where(t.tasks.c.id == far).values(office_code="420500-market_supervision"))
        number = _granted(conn, people, fields=["title_zh", "id", "grade"])
        name, text = sharing.export(conn, number, "ndjson", who=people.asks, now=NOW)
        rows = [json.loads(line) for line in text.splitlines()]
        assert len(rows) == 2
        assert [list(row) for row in rows] == [["id", "grade", "title_zh"]] * 2
        assert name.startswith(f"share-{number}-")
        view = sharing.show(conn, number, LATER, who=people.asks)
        assert (view.request.uses, view.request.last_used) == (1, NOW)
        assert [one.event for one in view.events] == ["apply", "receive", "grant", "use"]
        sharing.withdraw(conn, number, who=people.owner, reason="用途已了", now=LATER)
        with pytest.raises(ConflictError) as over:
            sharing.export(conn, number, "csv", who=people.asks, now=LATER)
        assert over.value.code == "share_step"
        day_after = datetime.fromisoformat("2027-01-01T00:00:00+08:00")
        second = _granted(conn, people)
        with pytest.raises(ConflictError) as late:
            sharing.export(conn, second, "csv", who=people.asks, now=day_after)
        assert late.value.code == "share_over"
        conn.execute(update(t.accounts).where(t.accounts.c.id == people.owner.account_id).values(roles=["auditor"]))
        with pytest.raises(ForbiddenError) as lender:
            sharing.export(conn, second, "csv", who=people.asks, now=NOW)
        assert lender.value.code == "share_lender"


def test_a_lent_key_is_narrow_told_once_on_the_record_and_ends_at_once(engine: Engine) -> None:
    people = People(engine)
    with transaction(engine) as conn:
        issue(conn)
        number = _granted(conn, people, form="key")
        made = sharing.collect(conn, number, who=people.asks, now=NOW)
        found = api_keys.resolve(conn, made.key, LATER)
        assert found is not None
        assert (found.principal.permissions, found.principal.scope) == (
            frozenset({"alerts.read"}),
            Scope((Grant("420100", "market_supervision"),)),
        )
        with pytest.raises(ConflictError) as again:
            sharing.collect(conn, number, who=people.asks, now=NOW)
        assert again.value.code == "share_collected"
        sharing.touch_key(conn, found.id, LATER)
        assert sharing.show(conn, number, LATER, who=people.owner).request.uses == 1
        sharing.withdraw(conn, number, who=people.owner, reason="不再需要", now=LATER)
        assert api_keys.resolve(conn, made.key, LATER) is None
        own = api_keys.create(conn, people.asks.account_id or 0, "own", ["alerts.read"], actor="黄石甲", now=NOW)
        sharing.touch_key(conn, own.row.id, NOW)  # a key that nobody lent is on no record of sharing
        assert conn.scalar(select(func.count()).where(t.share_events.c.event == "use")) == 1


def test_only_the_owner_of_the_data_decides_and_never_their_own(engine: Engine) -> None:
    people = People(engine)
    with transaction(engine) as conn:
        issue(conn)
        number = sharing.apply(conn, _asked(), who=people.asks, now=NOW)
        for step in (sharing.receive, sharing.grant, sharing.refuse, sharing.withdraw):
            with pytest.raises(NotFoundError):
                step(conn, number, who=people.third, reason="试探", now=NOW)
            with pytest.raises(NotFoundError):
                step(conn, number, who=people.asks, reason="自批", now=NOW)
        with pytest.raises(NotFoundError):
            sharing.show(conn, number, NOW, who=people.third)
        assert sharing.list_shares(conn, NOW, who=people.third).items == ()
        assert sharing.show(conn, number, NOW, who=people.owner).request.may == ("receive",)
        assert sharing.show(conn, number, NOW, who=people.asks).request.may == ("cancel",)
        with pytest.raises(ConflictError) as early:
            sharing.grant(conn, number, who=people.owner, reason="同意", now=NOW)
        assert early.value.text("zh") == "共享申请状态为“待受理”，不能“授权”"
        own = sharing.apply(conn, _asked(), who=people.owner, now=NOW)
        with pytest.raises(ForbiddenError) as mine:
            sharing.receive(conn, own, who=people.owner, reason="自批", now=NOW)
        assert mine.value.code == "share_own"
        whole = sharing.apply(conn, _asked(department=""), who=people.asks, now=NOW)
        with pytest.raises(NotFoundError):  # all departments' data is more than one department answers for
            sharing.receive(conn, whole, who=people.owner, reason="受理", now=NOW)
        sharing.receive(conn, number, who=people.owner, reason="受理", now=NOW, version=1)
        with pytest.raises(ConflictError) as stale:
            sharing.grant(conn, number, who=people.owner, reason="同意", now=NOW, version=1)
        assert stale.value.code == "share_stale"
        sharing.cancel(conn, number, who=people.asks, reason="不需要了", now=LATER)
        assert [one.id for one in sharing.list_shares(conn, NOW, who=people.asks, state="cancelled", mine=True).items] == [number]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"data": "accounts"}, "share_data"),
        ({"form": "fax"}, "share_form"),
        ({"fields": ["password"]}, "share_fields"),
        ({"form": "key", "fields": ["id"]}, "share_fields_of_key"),
        ({"until": date(2026, 10, 1)}, "share_until"),
        ({"until": date(2028, 1, 1)}, "share_until"),
        ({"purpose": " "}, "share_words"),
        ({"region": "火星"}, "region_not_known"),
        ({"department": "police"}, "grant_wrong"),
    ],
)
def test_applications_that_do_not_fit(sqlite_engine: Engine, given: dict[str, Any], code: str) -> None:
    who = Principal("甲", permissions_of(["office_head"]), account_id=1, office_code=HOME)
    with transaction(sqlite_engine) as conn:
        with pytest.raises(InvalidInputError) as refused:
            sharing.apply(conn, _asked(**given), who=who, now=NOW)
        assert refused.value.code == code
        with pytest.raises(InvalidInputError):
            sharing.apply(conn, _asked(), who=Principal("乙", who.permissions, account_id=2), now=NOW)
