"""What lies on the desks when the demo is opened: tips of today, in every state that people meet, so that the pages of an officer and a head have something to do.

The story ends on a day of its own; these few come in at the moment the demo was made, by the same services as any telephone call. They are outside the figures that
the demo prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from risk.domain.alerts_manual import Reporter
from risk.services import assists, copies, manual_alerts, tasks
from risk.services.manual_alerts import Entry
from risk.storage.engine import transaction

WUHAN, YICHANG, DISTRICT = "420100-market_supervision", "420500-market_supervision", "420102-market_supervision"


@dataclass(frozen=True, slots=True)
class Tip:
    """A telephone call: of what, where, how long ago, and how far its task has come."""

    model: str
    text: str
    region: str
    office: str
    hours: float
    brought_to: str = "issued"


TIPS: tuple[Tip, ...] = (
    Tip("false_medical_advertising", "来电人称小区门口的理疗店拉横幅，写着贴敷七天腰腿不疼、包好，还请老人免费体验。", "420100", WUHAN, 3),
    Tip(
        "illegal_prescription_drug_sales", "来电人称一家网店不问病情也不要处方，客服直接发链接卖降压药，一次可买十盒。", "420100", WUHAN, 20
    ),
    Tip("illegal_drug_sales", "来电人称朋友圈有人按瓶卖自制药酒，说专治风湿，瓶上没有批准文号。", "420100", WUHAN, 30, "signed"),
    Tip("illegal_medical_device_sales", "来电人称直播间卖家用治疗仪，主播说不用注册证，下单送老人。", "420100", WUHAN, 44, "verifying"),
    Tip("false_medical_advertising", "来电人称公众号文章讲养生，文末留了电话，说某诊所能让近视恢复。", "420100", WUHAN, 50, "reported"),
    Tip("illegal_drug_sales", "来电人称夜市摊位卖散装胶囊，摊主说是祖传配方，治糖尿病。", "420500", YICHANG, 5),
    Tip("illegal_medical_device_sales", "来电人称美容店用没有标签的注射器给顾客打针，收费很高。", "420500", YICHANG, 26, "signed"),
)


def lay(engine: Engine, *, now: datetime, officers: Sequence[str], head: str) -> int:
    """Enter the tips and bring their tasks as far as they say, one question and one copy among them; ``officers``: of Wuhan and of Yichang. How many tips."""
    of = {WUHAN: officers[0], YICHANG: officers[1]}
    with transaction(engine) as conn:
        for number, tip in enumerate(TIPS, 1):
            at = now - timedelta(hours=tip.hours)
            entry = Entry(
                key=f"demo-desk-{number}",
                model=tip.model,
                reason="12345 热线转来",
                text=tip.text,
                region=tip.region,
                office_code=tip.office,
                received_at=at,
                reporter=Reporter(name="赵六", phone="13900000000", wants_answer=True),
            )
            task = manual_alerts.add(conn, entry, actor=of[tip.office], now=at).task_id
            assert task is not None
            steps = ("issued", "signed", "verifying", "reported").index(tip.brought_to)
            if steps >= 1:
                tasks.sign(conn, task, actor=of[tip.office], now=at + timedelta(hours=1))
            if steps >= 2:
                tasks.start(conn, task, actor=of[tip.office], now=at + timedelta(hours=2))
            if tip.brought_to == "verifying":
                assists.ask(
                    conn,
                    task,
                    office=YICHANG,
                    question="发货地在宜昌，请协查仓库与进货票据。",
                    actor=of[tip.office],
                    now=at + timedelta(hours=3),
                )
                copies.send(
                    conn, task, offices=[DISTRICT], note="请辖区所留意同类直播间。", actor=of[tip.office], now=at + timedelta(hours=3)
                )
            if steps >= 3:
                tasks.report(
                    conn,
                    task,
                    actor=of[tip.office],
                    code="11",
                    sub_reason=None,
                    facts="页面确有恢复视力的表述，已责令删除并留存截图。",
                    officers=[of[tip.office], head],
                    now=at + timedelta(hours=6),
                )
    return len(TIPS)
