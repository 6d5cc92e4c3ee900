"""What stands behind a survey's link: for whom it is, until when, what they answered by it, and taking their answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from tsuide.app.consent_words import ConsentRead
from tsuide.app.mail_links import MailLinks
from tsuide.app.surveys import Given, agreed, read_row, record_answer, survey_of
from tsuide.app.wiring import Shop
from tsuide.errors import NotFound
from tsuide.kit.ids import time_id
from tsuide.outreach.journeys.journey import period
from tsuide.outreach.surveys.answers import Fault, read_answers
from tsuide.outreach.surveys.survey import Survey

Standing: TypeAlias = Literal["open", "expired", "closed"]
_INVITATION: Final = "inv"
PATH: Final = "survey"


@dataclass(frozen=True, slots=True)
class Opened:
    """A survey as its page shows it.

    Args:
        standing: whether answers are taken.
        chosen: what was chosen by this link before, by question.
        wrote: questions that were answered in words by this link before; the words themselves stay here.
        asks_consent: whether to ask if suggestions may be chosen by the answers.
        faults: what is wrong with what was just given, by question.
        given: what was just given, where it was not taken.
    """

    survey: Survey
    standing: Standing
    chosen: Mapping[str, Sequence[str]] = field(default_factory=dict)
    wrote: frozenset[str] = frozenset()
    asks_consent: bool = False
    faults: Mapping[str, Fault] = field(default_factory=dict)
    given: Mapping[str, Sequence[str]] = field(default_factory=dict)


def survey_link(links: MailLinks, survey: Survey, subject: str, now: datetime) -> str:
    """What a link to a survey ends with: ``id/token``. It names a message or an invitation, not the customer."""
    return f"{survey.id}/{links.dated(subject, f'{PATH}/{survey.id}', now + period(survey.open_for))}"


def invite(
    shop: Shop, links: MailLinks, survey_id: str, customer_id: str, now: datetime, entropy: int
) -> dict[str, Any]:
    """A link for one customer, to stand in a page or a letter of the shop's own.

    Returns:
        ``url`` (a path where no public address is set), ``until``.

    Raises:
        NotFound: no such survey.
        UnknownCustomer: nobody has this id.
    """
    survey, _ = survey_of(shop, survey_id)
    shop.store.facts.customer(customer_id)
    invitation = time_id(_INVITATION, now, entropy)
    shop.store.surveys.invite(invitation, survey_id, customer_id, now)
    public = shop.settings.public_url.rstrip("/")
    url = f"{public}/m/{PATH}/{survey_link(links, survey, invitation, now)}"
    return {"url": url, "until": (now + period(survey.open_for)).isoformat()}


class SurveyPages:
    """Opens links to surveys of one shop and takes what is answered by them.

    Args:
        shop: whose.
        links: check tokens.
    """

    def __init__(self, shop: Shop, links: MailLinks) -> None:
        self._shop = shop
        self._links = links

    def open(self, survey_id: str, token: str, now: datetime) -> Opened:
        """The survey of a link; looking is no answer.

        Raises:
            Refused: the token was not signed here for this survey.
            NotFound: no such survey any more.
        """
        subject, until = self._links.dated_of(token, f"{PATH}/{survey_id}")
        survey, _ = survey_of(self._shop, survey_id)
        if survey.closed or until <= now:
            return Opened(survey, "closed" if survey.closed else "expired")
        who = self._customer(subject)
        if who is None:
            return Opened(survey, "open")
        row = self._shop.store.surveys.last_of(survey_id, who, subject)
        asks = survey.prefers and not agreed(self._shop, who)
        if row is None:
            return Opened(survey, "open", asks_consent=asks)
        chosen, wrote = read_row(row)
        return Opened(survey, "open", chosen, frozenset(wrote), asks)

    def take(
        self,
        survey_id: str,
        token: str,
        given: Mapping[str, Sequence[str]],
        now: datetime,
        *,
        agrees: bool = False,
        read: ConsentRead | None = None,
    ) -> Opened:
        """Take an answer; what is at fault stands in `faults`, and then nothing was taken.

        A question of words that is left empty keeps what was written by this link before. Of a link that leads to
        nobody (a test, somebody erased) nothing is kept. `read`: with which words consent was asked for.

        Raises:
            Refused: the token was not signed here for this survey.
            NotFound: no such survey any more.
        """
        opened = self.open(survey_id, token, now)
        if opened.standing != "open":
            return opened
        known = {each.id for each in opened.survey.questions}
        said = {name: [*each] for name, each in given.items() if name in known}
        subject, _ = self._links.dated_of(token, f"{PATH}/{survey_id}")
        who = self._customer(subject)
        row = None if who is None else self._shop.store.surveys.last_of(survey_id, who, subject)
        for name, words in (read_row(row)[1] if row is not None else {}).items():
            if name in known and not any(each.strip() for each in said.get(name, ())):
                said[name] = [words]
        _, faults = read_answers(opened.survey, said)
        if faults:
            return Opened(
                opened.survey, "open", opened.chosen, opened.wrote, opened.asks_consent, faults=faults, given=given
            )
        if who is not None:
            record_answer(self._shop, survey_id, Given(who, subject, "page", said, now, agrees, read), now)
        return Opened(opened.survey, "open", said, opened.wrote)

    def _customer(self, subject: str) -> str | None:
        """Whom a link is for; None where it was a test, or they are gone."""
        try:
            if subject.startswith(f"{_INVITATION}_"):
                who = self._shop.store.surveys.invited(subject)
            else:
                named = self._shop.store.outbox.by_id(subject)["customer_id"]
                who = None if named is None else str(named)
            if who is not None:
                self._shop.store.facts.customer(who)
        except NotFound:
            return None
        return who
