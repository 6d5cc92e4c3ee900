"""A survey as people write it in YAML: its questions in ja and en, and which preference each answer becomes.

The models are strict: what nobody reads is refused. `schema` is the JSON schema that editors check against.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from tsuide.errors import BadSurvey, NotFound
from tsuide.outreach.journeys.journey import Duration, Id, Languages
from tsuide.outreach.surveys import ready
from tsuide.outreach.written import Written

READY: Final = ("nps", "needs")
LONGEST_TEXT: Final = 50_000
LONGEST_ANSWER: Final = 2_000  # characters of a free text
MOST_MONEY: Final = 10**12  # minor units
Tag: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[^,\r\n]{1,100}$"),
    Field(description="A word as products carry it; no comma, since lists of them are written with commas."),
]
Contact: TypeAlias = Literal["less", "not_now"]
CONTACT_DAYS: Final[dict[Contact, int]] = {"less": 30, "not_now": 90}
"""How many days at least lie between two letters, once a customer says so."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Becomes(_Part):
    """Which preferences of the customer an answer becomes."""

    taste: Tag | None = Field(None, description="Matched to products' attribute `tags`.")
    need: Tag | None = Field(None, description="Matched to products' attribute `goals`, and to what teaches about it.")
    goal: Tag | None = Field(None, description="Matched to products' attribute `goals`.")
    budget: Annotated[int, Field(ge=1, le=MOST_MONEY)] | None = Field(
        None, description="What one thing may cost at most, minor units of the shop's currency."
    )
    contact: Contact | None = Field(None, description="less: once a month at most; not_now: once in three months.")

    @model_validator(mode="after")
    def _checked(self) -> "Becomes":
        if all(getattr(self, each) is None for each in type(self).model_fields):
            raise ValueError(f"says nothing; one of {', '.join(type(self).model_fields)}")
        return self


class Option(_Part):
    """One answer that can be chosen."""

    id: Id
    says: Languages
    becomes: Becomes | None = None


class Scale(_Part):
    """How likely they are to recommend the shop, 0 … 10; it is recorded as a score (NPS)."""

    low: Languages | None = Field(None, description="What 0 means; left out: not at all likely.")
    high: Languages | None = Field(None, description="What 10 means; left out: extremely likely.")


class Free(_Part):
    """In their own words."""

    most: Annotated[int, Field(ge=1, le=LONGEST_ANSWER)] = Field(1_000, description="Characters.")
    becomes: Literal["taste", "need", "goal"] | None = Field(
        None, description="Each line, or what stands between commas, is written down as one."
    )


Options: TypeAlias = Annotated[list[Option], Field(min_length=1, max_length=20)]
KINDS: Final = ("nps", "one", "several", "text")


class Question(_Part):
    """One question: an id, its words, and exactly one way to answer it."""

    id: Id
    ask: Languages
    hint: Languages | None = None
    needed: bool = Field(False, description="Whether the answers are not taken without this one.")
    nps: Scale | None = None
    one: Options | None = None
    several: Options | None = None
    text: Free | None = None

    @model_validator(mode="after")
    def _checked(self) -> "Question":
        said = [name for name in KINDS if getattr(self, name) is not None]
        if len(said) != 1:
            raise ValueError(f"a question is exactly one of {', '.join(KINDS)}; here: {', '.join(said) or 'none'}")
        _once([each.id for each in self.options], "answer")
        return self

    @property
    def kind(self) -> str:
        """Its key."""
        return next(name for name in KINDS if getattr(self, name) is not None)

    @property
    def options(self) -> Sequence[Option]:
        """What can be chosen; nothing of a score and of words."""
        return self.one or self.several or ()


class Survey(_Part):
    """A whole survey."""

    id: Id
    names: Languages
    intro: Languages | None = Field(None, description="What it is for, above the questions.")
    thanks: Languages | None = Field(None, description="What stands there once it was answered.")
    open_for: Duration = Field("30d", description="How long a link to it is good.")
    closed: bool = Field(False, description="No answers are taken any more.")
    questions: Annotated[list[Question], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _checked(self) -> "Survey":
        _once([each.id for each in self.questions], "question")
        if sum(each.nps is not None for each in self.questions) > 1:
            raise ValueError("a survey has one score at most: the newest is the customer's")
        return self

    @property
    def score(self) -> Question | None:
        """Its question for the score."""
        return next((each for each in self.questions if each.nps is not None), None)

    @property
    def prefers(self) -> bool:
        """Whether some answer becomes a preference by which something is chosen for the customer."""
        told = [option.becomes for each in self.questions for option in each.options if option.becomes is not None]
        words = any(each.text is not None and each.text.becomes is not None for each in self.questions)
        return words or any(each.model_dump(exclude={"contact"}, exclude_none=True) for each in told)


def _once(ids: Sequence[str], what: str) -> None:
    twice = next((each for place, each in enumerate(ids) if each in ids[:place]), None)
    if twice is not None:
        raise ValueError(f"the {what} {twice} stands twice")


_WRITTEN: Final = Written(Survey, BadSurvey, LONGEST_TEXT, "start from a ready-made survey: tsuide survey ready")


def read_survey(text: str) -> Survey:
    r"""The survey that a text describes.

    Raises:
        BadSurvey: not YAML, an unknown key, a question with two ways to answer, an id twice; names the line.

    >>> survey = read_survey('''
    ... id: spring
    ... names: {ja: 春の調査, en: Spring}
    ... questions:
    ...   - id: cup
    ...     ask: {ja: お好みは, en: What do you like}
    ...     one: [{id: green, says: {ja: 緑茶, en: Green tea}, becomes: {taste: green}}]
    ... ''')
    >>> survey.questions[0].kind, survey.prefers
    ('one', True)
    >>> read_survey("id: x\nquestions: 3")
    Traceback (most recent call last):
    tsuide.errors.BadSurvey: line 1: names is needed...
    """
    return _WRITTEN.read(text)[0]


def ready_text(survey_id: str) -> str:
    """The YAML of a ready-made survey.

    Raises:
        NotFound: there is none of this name.
    """
    if survey_id not in READY:
        raise NotFound("no such ready-made survey", key="survey", value=survey_id, way_out=", ".join(READY))
    return files(ready).joinpath(f"{survey_id}.yaml").read_text(encoding="utf-8")


@cache
def ready_survey(survey_id: str) -> Survey:
    """A ready-made survey.

    Raises:
        NotFound: there is none of this name.
    """
    return read_survey(ready_text(survey_id))


def schema() -> dict[str, Any]:
    """The JSON schema of a survey's file, for editors.

    >>> sorted(schema()["required"])
    ['id', 'names', 'questions']
    """
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Survey.model_json_schema(by_alias=True)}
