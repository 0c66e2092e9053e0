"""What is said about records that do not fit."""

from __future__ import annotations

from risk.domain.messages import register

register(
    {
        "exchange_missing": ("缺少必填项“{column}”", "the required field `{column}` is missing"),
        "exchange_too_long": (
            "“{column}”长 {length} 个字符，最多 {limit} 个",
            "`{column}` has {length} characters, at most {limit} are allowed",
        ),
        "exchange_code_unknown": ("“{column}”不是代码表 {codes} 中的值：{value}", "`{column}` is not of the code list {codes}: {value}"),
        "exchange_code_unknown.hint": (
            "用 risk exchange describe 查看代码表",
            "risk exchange describe shows the code lists",
        ),
        "exchange_day": ("“{column}”不是日期：{value}", "`{column}` is no day: {value}"),
        "exchange_day.hint": ("写作 2026-10-12", "write it as 2026-10-12"),
        "exchange_moment": ("“{column}”不是时间：{value}", "`{column}` is no time: {value}"),
        "exchange_moment.hint": ("写作 2026-10-12 10:00:00（北京时间）", "write it as 2026-10-12 10:00:00 (Beijing time)"),
        "exchange_whole": ("“{column}”不是非负整数：{value}", "`{column}` is no whole number of zero or more: {value}"),
        "exchange_division": ("“{column}”不是六位区划代码：{value}", "`{column}` is no division code of six digits: {value}"),
        "exchange_batch_id": (
            "“{column}”应为八位日期加五位次数：{value}",
            "`{column}` should be a date of eight digits and a count of five: {value}",
        ),
        "exchange_url": ("“{column}”不是网址：{value}", "`{column}` is no web address: {value}"),
        "exchange_character": (
            "“{column}”含有不能写入 XML 的字符：{value}",
            "`{column}` holds characters that XML cannot carry: {value}",
        ),
        "exchange_repeated": ("“{column}”出现了 {count} 次，应只有一次", "`{column}` stands there {count} times, it should once"),
        "exchange_not_text": ("“{column}”应为文字，不应再含下级", "`{column}` should be text, without parts below it"),
        "exchange_not_part": ("“{column}”应含下级字段，而不是文字：{value}", "`{column}` should hold fields, not text: {value}"),
        "exchange_before": (
            "“{column}”（{value}）早于“{than}”（{other}）",
            "`{column}` ({value}) is before `{than}` ({other})",
        ),
        "exchange_needed_if": (
            "“{when}”为 {given} 时必须填写“{column}”",
            "`{column}` is required where `{when}` is {given}",
        ),
        "exchange_field_unknown": ("没有字段“{column}”，已略去", "there is no field `{column}`; it is left out"),
        "exchange_uscc_malformed": (
            "“{column}”不像统一社会信用代码：{value}",
            "`{column}` does not look like a unified social credit code: {value}",
        ),
        "exchange_uscc_checksum": ("“{column}”的校验位不对：{value}", "the check character of `{column}` is wrong: {value}"),
        "exchange_record_unknown": ("没有这种交换记录：{name}", "there is no such exchange record: {name}"),
        "exchange_record_unknown.hint": ("用 risk exchange records 查看", "risk exchange records lists them"),
    }
)
