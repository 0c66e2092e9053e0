"""The words of the pages, in Chinese and English. The one place for them."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "sign_in": ("登录", "Sign in"),
    "account": ("账号", "Account"),
    "password": ("密码", "Password"),
    "code": ("动态口令或恢复码", "Code of the second factor, or a recovery code"),
    "sso": ("单点登录", "Single sign-on"),
    "must_change": ("请先修改密码", "Change the password first"),
    "password_old": ("当前密码", "Present password"),
    "password_new": ("新密码", "New password"),
    "change": ("修改", "Change"),
    "must_enrol": (
        "您的角色须启用动态口令：把下面的密钥录入手机认证器，再输入显示的口令。",
        "Your role takes a second factor: type this secret into an authenticator, then the code it shows.",
    ),
    "confirm": ("确认", "Confirm"),
    "recovery": (
        "恢复码（只显示这一次，每个可用一次，请离线保存）：",
        "Recovery codes (shown this once, each good once; keep them off this machine):",
    ),
    "title": ("市场监管风险预警", "Risk early warning"),
    "subtitle": ("闭环状态", "state of the loop"),
    "clue": ("预警是线索，不是结论；核查之前一律称“涉嫌”。", "A warning is a clue, not a finding: suspected, until verified."),
    "as_of": ("截至", "as of"),
    "other_lang": ("English", "中文"),
    "signals": ("信号", "Signals"),
    "assessments": ("研判", "Assessments"),
    "alerts": ("预警", "Alerts"),
    "tasks": ("核查任务", "Tasks"),
    "verdicts": ("核查结论", "Verdicts"),
    "labels": ("标签", "Labels"),
    "trainings": ("再训练", "Retraining"),
    "reports": ("态势报告", "Reports"),
    "sub_signals": ("待研判 {n}", "{n} to judge"),
    "sub_assessments": ("候选 {n}", "{n} candidates"),
    "sub_alerts": ("未办结 {n}", "{n} open"),
    "sub_tasks": ("待签收 {a} · 待反馈 {b}", "{a} to sign · {b} to report"),
    "sub_verdicts": ("待审核 {n}", "{n} to accept"),
    "sub_labels": ("待成熟 {n}", "{n} maturing"),
    "sub_trainings": ("上线 {n}", "{n} promoted"),
    "sub_reports": ("读取全部环节", "reads every step"),
    "arrow_features": ("规则与模型", "rules, models"),
    "arrow_grade": ("融合定级", "fuse, grade"),
    "arrow_route": ("按职责派发", "route by duty"),
    "arrow_verify": ("核查反馈", "verify, report"),
    "arrow_accept": ("审核生成", "accept"),
    "arrow_mature": ("成熟后学习", "mature, learn"),
    "arrow_close": ("下次运行启用", "used by the next run"),
    "closes": ("闭环", "the loop closes"),
    "overdue": ("超期任务", "overdue tasks"),
    "unroutable": ("无承办单位", "without an office"),
    "quarantined": ("隔离待修复", "in quarantine"),
    "unjudged": ("待研判信号", "signals to judge"),
    "all_well": ("没有超期、无主或待修复的事项", "nothing is late, ownerless or broken"),
    "newest_alerts": ("最新预警", "Newest alerts"),
    "open": ("未办结", "open"),
    "next_tasks": ("最急任务", "Most urgent tasks"),
    "due": ("时限", "due"),
    "late": ("超期", "late"),
    "office": ("承办单位", "office"),
    "state": ("状态", "state"),
    "models": ("在用模型与最近运行", "Models in use and their last runs"),
    "model": ("模型", "model"),
    "in_use": ("最近运行所用", "used by the last run"),
    "champion": ("冠军", "champion"),
    "rules_only": ("规则", "rules"),
    "never": ("尚未运行", "not run yet"),
    "judged": ("研判", "judged"),
    "balance": ("候选去向", "where candidates went"),
    "balanced": ("守恒", "balanced"),
    "unbalanced": ("不平", "unbalanced"),
    "no_candidates": ("无候选", "no candidates"),
    "new": ("新预警", "new"),
    "merged": ("并入", "merged"),
    "suppressed": ("抑制", "suppressed"),
    "below_grade": ("未达等级", "below grade"),
    "over_capacity": ("超出能力", "over capacity"),
    "failed": ("失败", "failed"),
    "jobs": ("定时作业", "Scheduled jobs"),
    "next": ("下次", "next"),
    "off": ("停用", "off"),
    "results": ("核查结果", "Results of verification"),
    "newest_reports": ("最近报告", "Newest reports"),
    "evidence": ("证据 {n}", "evidence {n}"),
    "none": ("暂无", "none yet"),
    "unknown_place": ("地区不明", "place unknown"),
    "api_docs": ("接口说明", "API"),
    "start": ("从这里开始", "Start here"),
    "start_demo": ("虚构省份上的完整闭环", "the whole loop on a made-up province"),
    "start_intake": ("接入自己的文件", "take a file of your own in"),
    "start_run": ("研判、预警、派发", "judge, warn, issue tasks"),
    "start_report": ("生成态势报告", "make the situation report"),
    "local_only": ("有账号之前仅限本机访问", "until there are accounts, this machine only"),
    "done": ("完成", "done"),
    "running": ("运行中", "running"),
    "skipped": ("跳过", "skipped"),
    "lost": ("中断", "lost"),
    "superseded": ("被取代", "superseded"),
    "docs_title": ("接口说明", "API reference"),
    "docs_lead": (
        "全部接口；机器可读的说明见 /openapi.json。错误一律为 problem+json，语言随 ?lang= 或 Accept-Language。",
        "Every operation; the machine-readable description is /openapi.json. Refusals are problem+json, in the language of ?lang= or Accept-Language.",
    ),
    "parameters": ("参数", "parameters"),
    "body": ("请求体示例", "example of a body"),
    "answers": ("返回", "answers"),
    "required": ("必填", "required"),
    "home": ("首页", "start page"),
}


def word(key: str, lang: str, **facts: object) -> str:
    """A word of the pages.

    >>> word("overdue", "zh"), word("sub_signals", "en", n=3)
    ('超期任务', '3 to judge')
    """
    return WORDS[key][0 if lang == "zh" else 1].format(**facts)


def side(text: str, lang: str) -> str:
    """One half of a text written as ``中文 / English``.

    >>> side("任务列表 / List tasks", "en"), side("GB/T 2260", "zh")
    ('List tasks', 'GB/T 2260')
    """
    zh, slash, en = text.partition(" / ")
    return (zh if lang == "zh" else en) if slash else text
