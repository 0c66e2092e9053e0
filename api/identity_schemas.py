"""What is sent to sign in and to manage accounts and keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.deps import LongText, Moment, Text

Name = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00]*$")]
Password = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[^\x00]*$")]
Code = Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00]*$")]
GRANTS = "division[:department]; everywhere is all / 范围：行政区划代码[:部门]，everywhere 为全部"


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(_Given):
    """Name and password; the code of the second factor, or a recovery code, where one is enrolled."""

    name: Name = Field(examples=["zhangsan"])
    password: Password = Field(examples=["Wuhan-2026-autumn"])
    totp: Code = Field("", examples=["123456"])


class PasswordChange(_Given):
    """The password of now, and the one from now on."""

    old: Password = Field(examples=["Wuhan-2026-autumn"])
    new: Password = Field(examples=["Yichang-2027-spring"])


class TotpCode(_Given):
    """A code of the authenticator."""

    code: Code = Field(examples=["123456"])


class TotpEnd(_Given):
    """Password and code, once more, to do without the second factor."""

    password: Password = Field(examples=["Wuhan-2026-autumn"])
    code: Code = Field(examples=["123456"])


class AccountSent(_Given):
    """A new account. Without ``grants`` it is for its office's place and department."""

    name: Name = Field(examples=["zhangsan"])
    roles: list[Text] = Field(min_length=1, max_length=10, examples=[["officer"]])
    office: Text | None = Field(None, examples=["420500-market_supervision"])
    grants: list[Text] = Field(default_factory=list, max_length=200, description=GRANTS, examples=[["420500:market_supervision"]])
    display_name: Annotated[str, StringConstraints(max_length=120, pattern=r"^[^\x00]*$")] = Field("", examples=["张三"])
    email: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")] | None = None
    telephone: Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00]*$")] | None = None
    with_password: bool = Field(default=True, description="false: signs in by the provider only, or has keys only / 不设密码")


class AccountChange(_Given):
    """What is to be otherwise; what is not given stays. An empty ``office`` is none."""

    roles: list[Text] | None = Field(None, min_length=1, max_length=10, examples=[["officer", "office_head"]])
    grants: list[Text] | None = Field(None, max_length=200, description=GRANTS)
    office: Text | None = None
    version: int | None = Field(None, ge=1, le=2**31 - 1, description="the version that was seen / 所见版本")


class AccountDetails(_Given):
    """What is known of the person; empty takes it away, what is not given stays."""

    display_name: Annotated[str, StringConstraints(max_length=120, pattern=r"^[^\x00]*$")] | None = Field(None, examples=["张三"])
    email: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")] | None = None
    telephone: Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00]*$")] | None = None


class AccountLink(_Given):
    """A person of the sign-on provider; an empty subject unties."""

    subject: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")] = Field(examples=["248289761001"])


class Because(_Given):
    """Why."""

    reason: LongText = Field("", examples=["离岗"])


class KeySent(_Given):
    """A key of one's own: what it may, where, and until when (90 days)."""

    label: Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00]*$")] = Field(examples=["报表系统"])
    permissions: list[Text] = Field(min_length=1, max_length=100, examples=[["reports.read"]])
    grants: list[Text] | None = Field(None, max_length=200, description=GRANTS)
    expires_at: Moment | None = None
