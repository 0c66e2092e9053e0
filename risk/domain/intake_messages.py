"""What intake says of rows, files, mappings and quarantine, in Chinese and English."""

from __future__ import annotations

import re

from risk.domain.messages import register

_ROWS = {
    "empty_text": ("没有正文", "there is no text"),
    "empty_text.hint": ("补上正文，或忽略此行", "give the text, or dismiss the row"),
    "not_text": ("“{column}”不是文本", "'{column}' is not text"),
    "text_too_long": ("正文超过 {limit} 字", "the text has more than {limit} characters"),
    "text_too_long.hint": ("截取与线索有关的部分", "keep the part that matters"),
    "time_invalid": ("“{column}”的时间无法识别：{value}", "'{column}' is no time that can be read: {value}"),
    "time_invalid.hint": (
        "写作 2026-10-01 08:00，或在映射文件 date_formats 中给出格式",
        "write it as 2026-10-01 08:00, or give the format in the mapping file under date_formats",
    ),
    "time_future": ("“{column}”的时间在未来：{value}", "'{column}' lies in the future: {value}"),
    "time_future.hint": ("核对时间和时区", "check the time and its time zone"),
    "time_too_old": ("“{column}”的时间早于 {limit} 年：{value}", "'{column}' lies before the year {limit}: {value}"),
    "kind_unknown": ("没有这种信号类型：{value}", "no such kind of signal: {value}"),
    "kind_unknown.hint": (
        "可用 content、report、warning；可在映射文件 values.kind 中对应",
        "one of content, report, warning; other words can be mapped under values.kind",
    ),
    "value_too_long": ("“{column}”超过 {limit} 字", "'{column}' has more than {limit} characters"),
    "nul_character": ("“{column}”含空字符（NUL）", "'{column}' contains a NUL character"),
    "bad_encoding": ("含无法解码的字节", "there are bytes that cannot be decoded"),
    "bad_encoding.hint": ("文件应为 UTF-8 或 GB18030", "the file should be UTF-8 or GB18030"),
    "not_plain": ("“{column}”不能存为 JSON", "'{column}' cannot be kept as JSON"),
    "ragged_row": ("应有 {expected} 列，实有 {found} 列", "{expected} columns expected, {found} found"),
    "ragged_row.hint": ("检查分隔符和引号", "check separators and quotes"),
    "broken_quotes": ("引号不成对", "a quote is not closed"),
    "cell_too_large": ("“{column}”超过 {limit} 字", "'{column}' has more than {limit} characters"),
    "row_too_large": ("整行超过 {limit} 字节", "the row has more than {limit} bytes"),
    "bad_json": ("不是合法的 JSON：{reason}", "this is not JSON: {reason}"),
    "not_an_object": ("每行应是一个 JSON 对象", "each line should be one JSON object"),
}
_WARNINGS = {
    "uscc_checksum": ("统一社会信用代码校验位不符", "the check character of the USCC is wrong"),
    "uscc_malformed": ("统一社会信用代码格式不符", "the USCC is malformed"),
    "region_unknown": ("地区无法识别", "the region is not known"),
}
_FILES = {
    "file_unreadable": ("无法读取 {path}：{reason}", "cannot read {path}: {reason}"),
    "file_empty": ("文件为空：{path}", "the file is empty: {path}"),
    "format_unknown": ("不认识的文件格式：{path}", "not a format that is known: {path}"),
    "format_unknown.hint": ("可用 CSV、NDJSON、Parquet、XLSX", "CSV, NDJSON, Parquet and XLSX can be taken in"),
    "encoding_unknown": ("编码既不是 UTF-8 也不是 GB18030：{path}", "the encoding is neither UTF-8 nor GB18030: {path}"),
    "encoding_unknown.hint": ("另存为 UTF-8 后再试", "save it as UTF-8 and try again"),
    "header_unreadable": ("表头无法读取：{path}", "the header cannot be read: {path}"),
    "too_many_columns": ("列数 {found} 超过上限 {limit}", "{found} columns are more than the limit of {limit}"),
    "no_text_column": ("找不到正文列；表头为：{columns}", "no column holds the text; the header is: {columns}"),
    "no_text_column.hint": (
        '写一个映射文件：[columns] "你的列名" = "text"，用 --map 给出',
        'write a mapping file with [columns] "your column" = "text" and give it with --map',
    ),
    "csv_quotes_hopeless": ("第 {row} 行之后引号混乱，无法继续", "the quotes are beyond repair after row {row}"),
    "csv_quotes_hopeless.hint": ("已接入的行保留；修正文件后重新接入", "what was accepted stays; mend the file and take it in again"),
    "csv_line_ends": ("只有回车没有换行：{path}", "the lines end in CR alone: {path}"),
    "csv_line_ends.hint": ("另存为 CSV（换行符 LF 或 CRLF）", "save it with LF or CRLF as line ends"),
    "json_array": ("这是 JSON 数组，不是 NDJSON：{path}", "this is a JSON array, not NDJSON: {path}"),
    "json_array.hint": ("每行写一个对象，例如 jq -c '.[]'", "write one object a line, as jq -c '.[]' does"),
    "xlsx_bomb": ("解压后过大，拒绝打开：{path}（{reason}）", "refused, it would unpack to too much: {path} ({reason})"),
    "xlsx_too_many_rows": ("XLSX 超过 {limit} 行", "the XLSX has more than {limit} rows"),
    "xlsx_too_many_rows.hint": ("请另存为 CSV 或 Parquet 再接入", "save it as CSV or Parquet"),
    "parquet_too_large": ("Parquet 行组解压后 {size} 字节，超过上限 {limit}", "a row group unpacks to {size} bytes, the limit is {limit}"),
    "parquet_nested": ("不支持嵌套列：{columns}", "nested columns cannot be taken in: {columns}"),
    "parquet_nested.hint": ("展开为普通列，或改用 NDJSON", "flatten them, or use NDJSON"),
    "parquet_too_large.hint": ("以较小的行组重新写出", "write it with smaller row groups"),
}
_MAPPING = {
    "mapping_unreadable": ("映射文件无法读取 {path}：{reason}", "cannot read the mapping file {path}: {reason}"),
    "mapping_key_unknown": ("映射文件中没有这一项：{key}", "the mapping file knows no '{key}'"),
    "mapping_key_unknown.hint": ("可用：{known}", "known: {known}"),
    "mapping_shape": ("映射文件的“{key}”写法不对", "'{key}' of the mapping file has the wrong shape"),
    "mapping_field_unknown": ("没有这个字段：{field}", "no such field: {field}"),
    "mapping_field_unknown.hint": ("可用：{known}", "known: {known}"),
    "mapping_field_twice": ("两列对应同一字段：{field}", "two columns are mapped to '{field}'"),
    "mapping_timezone_unknown": ("没有这个时区：{zone}", "no such time zone: {zone}"),
    "mapping_column_missing": ("文件中没有列“{column}”", "the file has no column '{column}'"),
    "mapping_column_missing.hint": ("表头为：{columns}", "the header is: {columns}"),
}
_TALK = {
    "intake_done": ("{file}：导入 {id}，共 {rows} 行", "{file}: import {id}, {rows} rows"),
    "intake_repeated": ("此文件已于 {at} 接入（导入 {id}），没有新内容", "this file was taken in at {at} (import {id}); nothing is new"),
    "intake_resumed": ("从第 {row} 行之后继续", "went on after row {row}"),
    "intake_counts": (
        "  接受 {accepted} · 重复 {duplicates} · 隔离 {quarantined}",
        "  accepted {accepted} · duplicates {duplicates} · quarantined {quarantined}",
    ),
    "intake_reason": ("    隔离 {count}：{reason}", "    quarantined {count}: {reason}"),
    "intake_without": (
        "  未给时间 {no_time} · 未给地区 {no_region} · 未关联主体 {no_subject}",
        "  without time {no_time} · region {no_region} · subject {no_subject}",
    ),
    "intake_warning": ("    提醒 {count}：{reason}", "    warning {count}: {reason}"),
    "intake_look": ("  查看隔离行：risk quarantine list --import {id}", "  see them: risk quarantine list --import {id}"),
    "quarantine_none": ("没有隔离行", "nothing is in quarantine"),
    "quarantine_not_found": ("没有这条隔离行：{id}", "no such quarantined row: {id}"),
    "quarantine_settled": ("隔离行 {id} 已是“{status}”状态", "quarantined row {id} is {status} already"),
    "quarantine_which": ("请给出编号，或用 --all", "give IDs, or --all"),
    "quarantine_line": (
        "{id}  导入 {import_id} 第 {row} 行  〔{status}〕  {reasons}",
        "{id}  import {import_id} row {row}  [{status}]  {reasons}",
    ),
    "quarantine_is_open": ("待处理", "open"),
    "quarantine_is_repaired": ("已修复", "repaired"),
    "quarantine_is_resubmitted": ("已重报", "resubmitted"),
    "quarantine_is_dismissed": ("已忽略", "dismissed"),
    "quarantine_still_bad": ("修改后仍有问题：{reasons_zh}", "it would still be refused: {reasons_en}"),
    "quarantine_column_unknown": ("没有这一列：{column}", "no such column: {column}"),
    "quarantine_column_unknown.hint": ("列名为：{columns}", "the columns are: {columns}"),
    "quarantine_repaired": (
        "隔离行 {id} 已修复，可用 risk quarantine resubmit 重报",
        "row {id} is repaired; take it in with: risk quarantine resubmit",
    ),
    "quarantine_dismissed": ("隔离行 {id} 已忽略", "row {id} is dismissed"),
    "quarantine_resubmitted": (
        "重报：接受 {accepted} · 重复 {duplicates} · 仍隔离 {refused}",
        "resubmitted: accepted {accepted} · duplicates {duplicates} · still refused {refused}",
    ),
}

for _part in (_ROWS, _WARNINGS, _FILES, _MAPPING, _TALK):
    register(_part)


def reason(code: str, lang: str) -> str:
    """A code of a row in words, without the particulars of one row, as a summary shows it.

    >>> reason("time_invalid", "en"), reason("empty_text", "zh")
    ("'…' is no time that can be read: …", '没有正文')
    """
    texts = {**_ROWS, **_WARNINGS}[code]
    return re.sub(r"\{\w+\}", "…", texts[0 if lang == "zh" else 1])
