"""What lies in the cabinets when the demo is opened: a case file, the matter list, credit classes, a random inspection plan, a shared right.

All of it is made up and written for the demo, and enters by the services a person would use. It comes after the story, so that no figure of the story depends on it.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from risk.domain.authority import Principal, permissions_of
from risk.domain.calendar import SHANGHAI
from risk.domain.identity import scope_of
from risk.services import accounts, case_file_links, case_files, credit_import, matters, officers, random_plans, sharing
from risk.services.case_files import Written
from risk.storage import tables as t
from risk.storage.engine import transaction

LEAD, WUHAN = "420100-finance_lead", "420100-market_supervision"
FUNDRAISING = "illegal_fundraising"
KEEPER = "王建国"
"""Of the lead office, without an account in the demo."""
CREDIT = "省级信用平台（虚构）"
CLASSES, SHARES = "ABCD", (0.36, 0.46, 0.13, 0.05)


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter of the made-up list, and the model whose clues belong to it."""

    code: str
    name: str
    department: str
    object: str
    basis: str
    model: str | None = None


MATTERS = (
    Matter("01420000310001", "对医疗广告发布内容的行政检查", "市场监督管理部门", "广告主、广告经营者、广告发布者", "广告法第十六条、第四十六条、第四十九条", "false_medical_advertising"),
    Matter("01420000310002", "对保健食品广告的行政检查", "市场监督管理部门", "广告主、广告发布者", "广告法第十八条、第四十六条、第四十九条"),
    Matter("01420000310003", "对药品零售经营的行政检查", "市场监督管理部门", "药品零售企业及其他经营者", "药品管理法第五十一条、第六十二条", "illegal_drug_sales"),
    Matter("01420000310004", "对处方药网络销售的行政检查", "市场监督管理部门", "药品网络销售者、第三方平台", "药品管理法第五十一条、第六十二条", "illegal_prescription_drug_sales"),
    Matter("01420000310005", "对医疗器械经营的行政检查", "市场监督管理部门", "医疗器械经营者", "医疗器械监督管理条例第四十一条、第四十二条、第四十六条", "illegal_medical_device_sales"),
    Matter("01420000320001", "对涉嫌非法集资行为的调查处置", "处置非法集资牵头部门", "单位和个人", "防范和处置非法集资条例第五条、第二十条", FUNDRAISING),
)  # fmt: skip

WRITTEN: tuple[tuple[int, str, str, str | None, int | None], ...] = (
    (1, "development", "线上出现多条同一口径的宣传：签“认养协议”按月返利，推荐亲友另有奖励。已固定页面与录音。", None, None),
    (2, "impact", "初步走访 43 名参与者，多为退休人员，自述交款 1 万至 20 万元不等，尚能取回利息。", "2860000.00", None),
    (2, "opinion", "本地论坛两帖转发过百，提问集中在“本金能否取回”，未见聚集。", None, None),
    (3, "response", "市处置非法集资牵头部门召集会商，市场监管、属地街道参加，明确口径：在认定前一律称“涉嫌”。", None, None),
    (3, "measure", "约谈负责人，要求暂停新签协议，提供合同台账与资金流水。", None, 10),
    (5, "measure", "市场监管部门核查其登记住所与广告发布情况，下架 6 条未标明风险的宣传。", None, 8),
    (6, "development", "企业提交台账，显示资金用途与协议约定不一致，正请会计力量核对。", None, None),
    (7, "note", "资金流水由牵头部门保管，调阅须登记。", None, None),
)
"""Day after the opening, kind, text, yuan involved, days until a measure is due."""


def fill(engine: Engine, *, end: datetime, now: datetime, folder: Path, seed: int) -> int:
    """Lay what needs no account: the matter list, credit classes, the case file, inspectors and a plan; returns the number of the case file, 0 where none fits.

    ``end``: the first moment after the story; ``folder``: where the file of credit classes is written.
    """
    rng = random.Random(seed + 3)
    with transaction(engine) as conn:
        _matter_list(conn, now)
        credit_import.take_in(
            conn, _credit_file(conn, folder, end, rng), called="credit_classes.csv", source=CREDIT, actor="lixiang", now=now
        )
        file = _case_file(conn, end)
        _plan(conn, now, seed)
    return file


def share(engine: Engine, *, now: datetime) -> None:
    """Yichang is lent Wuhan's clues as an export; what Wuhan asks of Yichang waits for its head. Takes the accounts of the demo."""
    today = now.astimezone(SHANGHAI).date()
    until, asked = today + timedelta(days=90), now - timedelta(hours=30)
    one = sharing.Application(
        data="alerts", form="export", region="420100", department="market_supervision", until=until,
        purpose="比对两市同一主体的医疗广告线索，避免重复核查", basis="市场监管领域跨市协作备忘录（虚构）",
    )  # fmt: skip
    other = sharing.Application(
        data="verdicts", form="export", region="420500", department="market_supervision", until=until,
        purpose="了解货源地对同一批器械的核查结论", basis="跨区域协查函（虚构）",
    )  # fmt: skip
    with transaction(engine) as conn:
        head = _principal(conn, "sunli")
        number = sharing.apply(conn, one, who=_principal(conn, "wangfang"), now=asked)
        sharing.receive(conn, number, who=head, reason="属本单位数据，材料齐全", now=asked + timedelta(hours=2))
        sharing.grant(conn, number, who=head, reason="与用途相符，只给线索字段", now=asked + timedelta(hours=4))
        sharing.apply(conn, other, who=_principal(conn, "zhangwei"), now=now - timedelta(hours=5))


def _principal(conn: Connection, name: str) -> Principal:
    """An account of the demo as it would act once signed in."""
    row = accounts.find(conn, name)
    return Principal(
        row.name, permissions_of(row.roles), scope_of(row.grants), tuple(row.roles), account_id=row.id, office_code=row.office_code
    )


def _matter_list(conn: Connection, now: datetime) -> None:
    rows = [
        {
            "code": one.code, "name": one.name, "department": one.department, "object": one.object, "basis": one.basis,
            "method": "双随机抽查、专项检查、线索核查", "measures": "现场检查、询问、调取资料、责令改正",
            "process": "制定计划—实施检查—结果公示—后续处置", "result": "未发现问题、责令改正、立案查处、移送",
            "level": "省、市、县",
        }
        for one in MATTERS
    ]  # fmt: skip
    first = date(2026, 1, 1)
    matters.take_in(conn, rows, valid_from=first, source="演示清单（虚构编码）", reason="演示用清单首次导入", actor="lixiang", now=now)
    for one in MATTERS:
        if one.model is not None:
            matters.map_model(conn, one.model, one.code, valid_from=first, reason="与职责表一致", actor="lixiang", now=now)


def _credit_file(conn: Connection, folder: Path, end: datetime, rng: random.Random) -> Path:
    """A file of classes for the subjects of two cities: drawn by lot, from nothing that is known of a subject."""
    s = t.subjects.c
    query = select(s.uscc, s.name).where(s.uscc.is_not(None), s.region.startswith("4201") | s.region.startswith("4205")).order_by(s.id)
    assessed = (end - timedelta(days=31)).date().isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "credit_classes.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("统一社会信用代码", "企业名称", "信用风险分类", "分类日期"))
        rows.writerows((row.uscc, row.name, rng.choices(CLASSES, SHARES)[0], assessed) for row in conn.execute(query))
    return path


def _case_file(conn: Connection, end: datetime) -> int:
    """The file of the subject of Wuhan that most clues of fundraising speak of, with what was done about it in the week after the story."""
    a, s = t.alerts.c, t.subjects.c
    most = func.count().desc()
    query = select(s.id, s.name, s.region).join_from(t.alerts, t.subjects, a.subject_id == s.id).where(a.model.startswith(FUNDRAISING))
    found = conn.execute(
        query.where(s.region.startswith("4201")).group_by(s.id, s.name, s.region).order_by(most, s.id).limit(1)
    ).one_or_none()
    if found is None:
        return 0
    start = end + timedelta(hours=10)
    number = case_files.create(
        conn,
        title=f"{found.name}涉嫌以“认养返利”名义吸收资金",
        model=FUNDRAISING,
        level="larger",
        places=[found.region],
        lead_office=LEAD,
        owner=KEEPER,
        cause=f"12345 热线与网络监测在数周内先后提示：{found.name}以认养、预存名义向老年人收款并承诺按月返利，涉嫌非法集资。",
        actor=KEEPER,
        now=start,
        offices=(WUHAN,),
    )
    linked = list(conn.scalars(select(a.id).where(a.subject_id == found.id, a.model.startswith(FUNDRAISING)).order_by(a.id)))
    case_file_links.link(conn, number, "subject", [found.id], note="宣传中的收款主体", actor=KEEPER, now=start)
    case_file_links.link(conn, number, "alert", linked, note="同一主体的线索", actor=KEEPER, now=start + timedelta(hours=1))
    case_files.step(conn, number, "activate", reason="参与人数增加，转入处置", actor=KEEPER, now=start + timedelta(days=1))
    _write(conn, number, start)
    return number


def _write(conn: Connection, number: int, start: datetime) -> None:
    for place, (day, kind, text, amount, due) in enumerate(WRITTEN):
        at = start + timedelta(days=day, hours=1, minutes=20 * place)
        by, office = ("sunli", WUHAN) if text.startswith("市场监管") else (KEEPER, LEAD)
        entry = Written(kind, text, at, amount, None if due is None else (at + timedelta(days=due)).date())
        case_files.write(conn, number, entry, actor=by, office=office, now=at)


def _plan(conn: Connection, now: datetime, seed: int) -> None:
    """Inspectors of Wuhan, one of them about to be away, and a plan drawn for them."""
    officers.sync_accounts(conn, now)
    numbers = [officers.put(conn, name, WUHAN, actor="sunli", now=now) for name in ("陈晨", "刘洋", "赵敏")]
    first = now.astimezone(SHANGHAI).date() + timedelta(days=10)
    officers.plan_leave(conn, numbers[2], first, first + timedelta(days=4), deputy=numbers[0], reason="年休假", actor="sunli", now=now)
    random_plans.make(
        conn,
        random_plans.Ask(region="420100", count=24, audit=8),
        name="武汉市医疗广告与药械经营双随机抽查",
        office=WUHAN,
        seed=f"demo-{seed}",
        reason="按信用风险分类与线索加权抽取，另抽取无线索对象作对照",
        actor="sunli",
        now=now,
        matter_code=MATTERS[0].code,
    )
