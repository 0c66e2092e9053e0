"""The ``risk`` command. Sub-commands are imported only when they are called, so that ``risk --help`` starts at once.

Not ok here: importing pandas, sklearn, lightgbm, mlflow or sqlalchemy at the top of any module of this package.
"""

from __future__ import annotations

import importlib
import sys

import click

from risk import __version__

# name → (module:attribute, help): the one list of sub-commands. Help is bilingual because no language is chosen yet when it is printed.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("risk.cli.demo:demo", "The whole loop on a made-up province / 虚构省份上的完整闭环"),
    "intake": ("risk.cli.intake:intake", "Take a file in: CSV, NDJSON, Parquet, XLSX / 接入文件"),
    "quarantine": ("risk.cli.quarantine:quarantine", "List, repair, resubmit refused rows / 隔离行：查看、修复、重报"),
    "exchange": ("risk.cli.exchange:exchange", "Exchange with other systems: describe, check, send, take in / 数据交换"),
    "run": ("risk.cli.run:run", "Judge stored signals, raise alerts, issue tasks / 研判、预警、派发"),
    "index": ("risk.cli.index:index", "The risk index: weights, leaderboard, places, subjects / 风险指数"),
    "credit": ("risk.cli.credit:credit", "Credit classes A–D: take in, show, export / 信用风险分类"),
    "plan": ("risk.cli.plan:plan", "Random inspection plans: draw, verify, results / 双随机抽查计划"),
    "campaigns": ("risk.cli.campaigns:campaigns", "Special campaigns: draft, start, follow, end / 专项整治"),
    "events": ("risk.cli.case_files:events", "Case files of events: open, write, link, follow, export / 重点事件跟踪"),
    "sources": ("risk.cli.data_desk:sources", "Sources of data and how fresh they are / 数据来源与时效"),
    "matters": ("risk.cli.data_desk:matters", "The matter list: take in, map, show / 监管事项清单"),
    "shares": ("risk.cli.data_desk:shares", "Data sharing by application and grant / 数据共享"),
    "calendar": ("risk.cli.work_calendar:calendar", "Working days: show, set, import a notice, check / 工作日历"),
    "alerts": ("risk.cli.alerts:alerts", "List, show, enter, export, replay alerts / 预警"),
    "suppressions": ("risk.cli.suppressions:suppressions", "Conditions that raise no alert: try, add, end / 抑制条件"),
    "duties": ("risk.cli.duties:duties", "Who is in charge: show, try, change, history / 职责表"),
    "officers": ("risk.cli.officers:officers", "Officers, leave, who gets which task / 核查人员与分派"),
    "tasks": ("risk.cli.tasks:tasks", "List, sign, report verification tasks / 核查任务"),
    "verdicts": ("risk.cli.verdicts:verdicts", "Verdicts: reports, second reviews, appeals / 核查结论"),
    "subjects": ("risk.cli.subjects:subjects", "Subjects: history, chain of supervision / 主体与监管信息链"),
    "attachments": ("risk.cli.attachments:attachments", "Files of tasks and verdicts / 附件"),
    "map": ("risk.cli.maps:map_", "The map of the divisions, with its approval number / 地图与审图号"),
    "report": ("risk.cli.report:report", "Situation report of a period / 态势报告"),
    "train": ("risk.cli.train:train", "Train a model from texts, firms or verdicts / 训练模型"),
    "retrain": ("risk.cli.retrain:retrain", "What is due to learn, train it, what came of it / 再训练"),
    "score": ("risk.cli.score:score", "Score texts or firms from a file, no database / 离线评分"),
    "explain": ("risk.cli.explain:explain", "Why a text is judged as it is; plots of a model / 解释研判"),
    "evaluate": ("risk.cli.evaluate:evaluate", "Measure a model on labelled texts or firms / 评估模型"),
    "health": ("risk.cli.health:health", "How models are doing, what is missed, internal tasks / 模型健康"),
    "models": ("risk.cli.registry:models", "List and show registered models / 模型登记"),
    "promote": ("risk.cli.registry:promote", "Make a version the champion / 上线模型版本"),
    "rollback": ("risk.cli.registry:rollback", "Return to the previous champion / 回退模型"),
    "grades": ("risk.cli.grades:grades", "Grades: promises, capacity, who set what / 等级：承诺、能力、设置"),
    "rules": ("risk.cli.rule_files:rules", "Check and test rule files / 检查与测试规则"),
    "jobs": ("risk.cli.jobs:jobs", "List, enable, disable scheduled jobs / 定时作业"),
    "push": ("risk.cli.push:push", "Push targets, what waits, what is dead, send again / 推送：目标、状态、死信、重发"),
    "accounts": ("risk.cli.accounts:accounts", "Who may sign in, in what role, where / 账号、角色与范围"),
    "keys": ("risk.cli.keys:keys", "Keys for programs / 程序密钥"),
    "serve": ("risk.cli.serve:serve", "API and start page on loopback / 启动接口与首页"),
    "worker": ("risk.cli.serve:worker", "Run the scheduled jobs / 运行定时作业"),
    "audit": ("risk.cli.audit:audit", "Who did what; verify, export, send it / 审计"),
    "unmask": ("risk.cli.unmask:unmask", "Read personal data plain, on the record / 查看个人信息原文"),
    "trace": ("risk.cli.follow:trace", "Follow a signal to its verdict / 追踪信号"),
    "archive": ("risk.cli.archive:archive", "Old months into files, and back / 信号归档与调回"),
    "backup": ("risk.cli.backup:backup", "Everything in one file / 备份"),
    "restore": ("risk.cli.backup:restore", "A backup back into an empty place / 恢复"),
    "config": ("risk.cli.config:config", "Settings: as they are, what is wrong / 设置"),
    "doctor": ("risk.cli.doctor:doctor", "What is installed, what is missing / 环境检查"),
    "db": ("risk.cli.db:db", "Upgrade or downgrade the database / 数据库升降级"),
}


class LazyGroup(click.Group):
    """A click group that knows its commands by name and imports one when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 140})
@click.version_option(__version__)
def cli() -> None:
    """Risk early warning (风险预警): signals → rules + models → alerts → tasks → verdicts → labels → models → report.

    RISK_HOME names the data folder (./var), RISK_LANG the language of messages (zh or en).
    """
    from risk.scoring.keys import look_in
    from risk.settings import Settings

    if click.get_current_context().invoked_subcommand != "config":  # which tells what is wrong with the settings
        look_in(Settings.from_environment().registry_dir)


def main() -> None:
    """Run the command; known errors end with exit 1 and a message of code, statement and hint, never a traceback."""
    from risk.cli.output import check_environment, show_error
    from risk.domain.errors import InvalidInputError, RiskError
    from risk.domain.system_messages import reason_of
    from risk.domain.tracing import tracing

    try:
        if sys.argv[1:2] != ["config"]:
            check_environment()
        with tracing():
            cli(prog_name="risk")
    except RiskError as error:
        show_error(error)
        sys.exit(1)
    except OSError as error:  # a folder that cannot be written, a full disk: the same shape as every other refusal
        show_error(InvalidInputError("place_refused", path=error.filename or "-", reason=reason_of(error)))
        sys.exit(1)
