"""Channels a signal may come by: the codes that rules compare with, and the words sources write. The one list."""

from __future__ import annotations

CHANNELS: tuple[tuple[str, str], ...] = (
    ("sms", "短信"),
    ("moments", "朋友圈"),
    ("short_video", "短视频"),
    ("livestream", "直播"),
    ("listing", "商品页"),
    ("article", "文章"),
    ("forum", "论坛"),
    ("leaflet", "传单"),
    ("app_push", "应用推送"),
    ("complaint", "投诉"),
    ("official", "公告"),
    ("chat", "聊天"),
    ("news", "新闻"),
)
"""Code and Chinese name."""

_ALSO = {
    "微信朋友圈": "moments",
    "直播间": "livestream",
    "网络直播": "livestream",
    "抖音": "short_video",
    "快手": "short_video",
    "网店": "listing",
    "商品详情页": "listing",
    "公众号": "article",
    "微信公众号": "article",
    "贴吧": "forum",
    "小区传单": "leaflet",
    "推送": "app_push",
    "投诉举报": "complaint",
    "12315": "complaint",
    "12345": "complaint",
    "微信群": "chat",
    "报道": "news",
}
_CODES = {zh: code for code, zh in CHANNELS} | {code: code for code, _ in CHANNELS} | _ALSO


def code_of(written: str | None) -> str | None:
    """The code of a channel as written; a word that is no channel of ours stays as it is, and rules do not know it.

    >>> code_of("短信"), code_of(" SMS "), code_of("户外大屏"), code_of(None)
    ('sms', 'sms', '户外大屏', None)
    """
    if written is None:
        return None
    word = written.strip()
    return _CODES.get(word, _CODES.get(word.lower(), word))
