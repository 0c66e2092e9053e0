"""The risk index: its indicators and weights, the leaderboard, one place, one subject."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Svc, Text
from api.index_schemas import ComputeSent, Decision, MatrixSent, VersionSent, WeightsAsked
from api.openapi import problems
from api.operations import Router
from risk.domain.indices import Dimension, Indicator, cutoffs, rules, system
from risk.domain.indices_weights import METHODS, RANDOM_INDEX, PairComparison, ahp, full_matrix
from risk.services import index_results, index_subjects, index_versions
from risk.services.index_results import Board, Computed, IndexMoment, PlaceView, Robustness
from risk.services.index_subjects import SubjectIndex
from risk.services.index_versions import Ask, Proposals, WeightsVersion
from risk.services.paging import LARGEST_ID, Page

router = Router(prefix="/index", tags=["index"])
READ = needs("index.read")
WHOLE = needs("index.read", whole=True)
WRITE, APPROVE = needs("index.write", whole=True), needs("index.approve", whole=True)
Level = Literal["city", "county", "province"]
PeriodAsked = Annotated[Text | None, Query(description="2026-10 or 2026-10-12; the newest where none is given / 时点")]
VersionAsked = Annotated[
    int | None, Query(ge=1, le=LARGEST_ID, description="of the weights; the one that counts where none is given / 权重版本")
]
Within = Annotated[Text | None, Query(description="places below it / 其下级")]


class SystemView(BaseModel):
    """The indicators of a kind, the comparisons that came with the program, and the rules that hold for all."""

    kind: str
    dimensions: tuple[Dimension, ...]
    indicators: tuple[Indicator, ...]
    compare: list[list[float]]
    compare_within: dict[str, list[list[float]]]
    methods: tuple[str, ...]
    grades: dict[str, float]
    consistency: float
    least_coverage: float
    change: float
    random_index: tuple[float, ...]


@router.get("/indicators", summary="指标体系 / The indicators", dependencies=[READ])
def indicators(kind: Literal["region", "subject"] = "region") -> SystemView:
    """Definition, unit, direction, points of reference and source of every indicator, and what is law and what is ours."""
    told = system(kind)
    return SystemView(
        kind=kind,
        dimensions=told.dimensions,
        indicators=told.indicators,
        compare=full_matrix(told.compare),
        compare_within={one.code: full_matrix(one.compare) for one in told.dimensions},
        methods=METHODS,
        grades=cutoffs(),
        consistency=float(rules()["consistency"]),
        least_coverage=float(rules()["least_coverage"]),
        change=float(rules()["change"]),
        random_index=RANDOM_INDEX,
    )


@router.get("/periods", summary="已计算的时点 / Stored moments", responses=problems(404), dependencies=[READ])
def moments(svc: Svc, who: Caller, version: VersionAsked = None) -> tuple[IndexMoment, ...]:
    """The newest first."""
    return svc.desk.read(index_results.moments, version_id=version, scope=who.scope)


@router.get("/board", summary="风险指数排名 / The leaderboard", responses=problems(404), dependencies=[READ])
def board(
    svc: Svc, who: Caller, period: PeriodAsked = None, level: Level = "city", within: Within = None, version: VersionAsked = None
) -> Board:
    """Rank 1 has most risk; ranks count places inside one's scope. Unknown indicators give their weight to the others (`coverage`, `missing`)."""
    return svc.desk.look(index_results.board, period=period, level=level, within=within, version_id=version, scope=who.scope)


@router.get("/place", summary="一地的风险指数 / The index of a place", responses=problems(404), dependencies=[READ])
def place(
    svc: Svc,
    who: Caller,
    region: Annotated[Text, Query(description="code or name / 地区代码或名称", examples=["420500"])],
    period: PeriodAsked = None,
    version: VersionAsked = None,
) -> PlaceView:
    """What every indicator adds, and the history by the same version of weights."""
    return svc.desk.look(index_results.place, region, period=period, version_id=version, scope=who.scope)


@router.get("/sensitivity", summary="敏感性 / How the ranking depends on the weights", responses=problems(404), dependencies=[WHOLE])
def sensitivity(
    svc: Svc, period: PeriodAsked = None, level: Literal["city", "county"] = "city", within: Within = None, version: VersionAsked = None
) -> Robustness:
    """Each weight a fifth up and down: the ranks each place takes, and Kendall's tau of each move, the largest upset first."""
    return svc.desk.read(index_results.robustness, period=period, level=level, within=within, version_id=version)


@router.post("/compute", summary="计算指数 / Compute a moment", responses=problems(404), dependencies=[WRITE])
def compute(sent: ComputeSent, svc: Svc, who: Caller) -> Computed:
    """By the version that counts; a moment that is stored stays as it is (`again`)."""
    return svc.desk.act(index_results.compute, sent.period, actor=acting(who, sent.actor), now=svc.desk.clock())


@router.post("/comparison", summary="检验判断矩阵 / Check a matrix of comparisons", dependencies=[READ])
def comparison(sent: MatrixSent) -> PairComparison:
    """Weights, largest eigenvalue and consistency ratio, and the pair that fits least; nothing is stored."""
    return ahp(sent.matrix)


@router.post("/proposals", summary="各法权重对比 / Weights side by side", dependencies=[needs("index.write", whole=True)])
def proposals(sent: WeightsAsked, svc: Svc) -> Proposals:
    """AHP from the comparisons, entropy and CRITIC from the data of now, and AHP × entropy; nothing is stored."""
    return svc.desk.read(index_versions.propose, _ask(sent, "ahp"), svc.desk.clock())


@router.get("/versions", summary="权重版本 / Versions of weights", dependencies=[READ])
def list_versions(
    svc: Svc, kind: Literal["region", "subject"] | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[WeightsVersion]:
    """The newest first, with author, reason and who decided."""
    return svc.desk.read(index_versions.list_versions, kind=kind, limit=limit, cursor=cursor)


@router.post("/versions", status_code=201, summary="拟定权重 / Draft weights", responses=problems(409), dependencies=[WRITE])
def draft(sent: VersionSent, svc: Svc, who: Caller) -> WeightsVersion:
    """Comparisons whose consistency ratio is not below 0.1 are refused. Another person approves it."""
    ask, actor = _ask(sent, sent.method), acting(who, sent.actor)
    number = svc.desk.act(index_versions.draft, ask, reason=sent.reason, actor=actor, now=svc.desk.clock())
    return svc.desk.read(index_versions.show, number)


@router.get("/versions/{version_id}", summary="一个权重版本 / One version", responses=problems(404), dependencies=[READ])
def get_version(version_id: Id, svc: Svc) -> WeightsVersion:
    """Weights, points of reference, comparisons and what they rest on."""
    return svc.desk.read(index_versions.show, version_id)


@router.post("/versions/{version_id}/approve", summary="批准权重 / Approve weights", responses=problems(404, 409), dependencies=[APPROVE])
def approve(version_id: Id, sent: Decision, svc: Svc, who: Caller) -> WeightsVersion:
    """By another person than drafted it; it counts from the next computation on."""
    return _decided(version_id, sent, svc, who, approve=True)


@router.post("/versions/{version_id}/reject", summary="退回权重 / Reject weights", responses=problems(404, 409), dependencies=[APPROVE])
def reject(version_id: Id, sent: Decision, svc: Svc, who: Caller) -> WeightsVersion:
    """The draft stays, as rejected."""
    return _decided(version_id, sent, svc, who, approve=False)


@router.get("/subjects/{subject_id}", summary="主体风险指数 / The index of a subject", responses=problems(404), dependencies=[READ])
def of_subject(subject_id: Id, svc: Svc, who: Caller, months: Annotated[int, Query(ge=0, le=36)] = 12) -> SubjectIndex:
    """Now and at the ends of the months before, as known then, with what adds up to it and how each model sees it."""
    return svc.desk.read(index_subjects.of_subject, subject_id, svc.desk.clock(), months=months, scope=who.scope)


def _decided(version_id: int, sent: Decision, svc: Svc, who: Caller, *, approve: bool) -> WeightsVersion:
    svc.desk.act(
        index_versions.decide, version_id, approve=approve, reason=sent.reason, actor=acting(who, sent.actor), now=svc.desk.clock()
    )
    return svc.desk.read(index_versions.show, version_id)


def _ask(sent: WeightsAsked | VersionSent, method: str) -> Ask:
    def rows(matrix: list[list[float]]) -> tuple[tuple[float, ...], ...]:
        return tuple(tuple(row) for row in matrix)

    within: dict[str, Any] = {name: rows(one) for name, one in sent.indicators.items()}
    return Ask(sent.kind, method, rows(sent.dimensions) if sent.dimensions else None, within)
