"""Open a store: one bundle of ports over one database."""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from tsuide.errors import Unavailable
from tsuide.store.acceptances import Acceptances
from tsuide.store.accounts import Accounts
from tsuide.store.aliases import Aliases
from tsuide.store.audit import Audit
from tsuide.store.confirmations import Confirmations
from tsuide.store.curation import Curation
from tsuide.store.deals import Deals
from tsuide.store.decisions import Decisions
from tsuide.store.engines import checked_url, make_engine, make_schema, sqlite_file
from tsuide.store.erased import Erased
from tsuide.store.erasure import Erasure
from tsuide.store.experiments import Experiments
from tsuide.store.facts import Facts
from tsuide.store.feedback import Said
from tsuide.store.finding import Finding
from tsuide.store.glance import Glance
from tsuide.store.hooks import Hooks
from tsuide.store.inbox import Inbox
from tsuide.store.initiatives import Initiatives
from tsuide.store.jobs import Jobs
from tsuide.store.journal import BOUND, Journal, TraceDurability
from tsuide.store.journeys import Journeys
from tsuide.store.kept_answers import KeptAnswers
from tsuide.store.keys import Keys
from tsuide.store.mail_templates import MailTemplates
from tsuide.store.merges import Merges
from tsuide.store.outbox import Outbox
from tsuide.store.outcomes import Contacts, Outcomes
from tsuide.store.people import People
from tsuide.store.policies import Policies
from tsuide.store.prices import Prices
from tsuide.store.promotions import Promotions
from tsuide.store.reactions import Reactions
from tsuide.store.schedules import Schedules
from tsuide.store.segments import Segments
from tsuide.store.settings import Settings
from tsuide.store.supervision import Supervision
from tsuide.store.surveys import Surveys
from tsuide.store.tasks import Tasks
from tsuide.store.trails import Trails
from tsuide.store.upgrade import upgrade
from tsuide.store.users import Users
from tsuide.store.worklist import Worklist


@dataclass(frozen=True, slots=True)
class Store:
    """The ports of one shop's database.

    Args:
        url: as given, with the driver filled in.
        record: connections whose commits survive power loss.
        trace: connections whose commits survive kill -9.
    """

    url: sa.URL
    record: sa.Engine
    trace: sa.Engine
    facts: Facts
    finding: Finding
    decisions: Decisions
    outcomes: Outcomes
    contacts: Contacts
    people: People
    accounts: Accounts
    merges: Merges
    aliases: Aliases
    inbox: Inbox
    erasure: Erasure
    erased: Erased
    policies: Policies
    keys: Keys
    kept_answers: KeptAnswers
    acceptances: Acceptances
    confirmations: Confirmations
    promotions: Promotions
    prices: Prices
    experiments: Experiments
    initiatives: Initiatives
    supervision: Supervision
    schedules: Schedules
    journeys: Journeys
    trails: Trails
    said: Said
    surveys: Surveys
    tasks: Tasks
    hooks: Hooks
    deals: Deals
    outbox: Outbox
    reactions: Reactions
    mail_templates: MailTemplates
    segments: Segments
    worklist: Worklist
    settings: Settings
    jobs: Jobs
    users: Users
    audit: Audit
    curation: Curation

    def journal(self, *, trace_durability: TraceDurability = "normal", bound: int = BOUND) -> Journal:
        """A journal for the running event loop (or for synchronous callers); close it before the store.

        Args:
            trace_durability: ``full`` makes traces survive power loss too.
            bound: how many rows may wait before callers do.
        """
        return Journal(self.url, trace_durability=trace_durability, bound=bound)

    def close(self) -> None:
        """Close every connection; the store can be used again and opens new ones."""
        self.record.dispose()
        self.trace.dispose()


def open_store(url: str) -> Store:
    """Open, create and migrate a store.

    Args:
        url: ``sqlite:///shop.sqlite`` (made if missing, with its folder) or ``postgresql://user@host/name``.

    Raises:
        BadSetting: a URL that is none, or an engine that is not supported.
        StoreOutdated: the store was made by newer code.
        Unavailable: the database does not answer, or its folder cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = open_store(f"sqlite:///{folder}/shop.sqlite")
    ...     counts = store.facts.counts()
    ...     store.close()
    >>> counts["orders"], counts["products"]
    (0, 0)
    """
    parsed = checked_url(url)
    file = sqlite_file(parsed)
    if file is not None:
        _make_folder(file)
    make_schema(parsed)
    record, trace = make_engine(parsed, "record"), make_engine(parsed, "trace")
    try:
        upgrade(record)
    except BaseException:
        record.dispose()
        raise
    glance = Glance(trace)
    return Store(
        url=parsed,
        record=record,
        trace=trace,
        facts=Facts(record),
        finding=Finding(trace),
        decisions=Decisions(trace),
        outcomes=Outcomes(trace),
        contacts=Contacts(glance),
        people=People(trace, glance),
        accounts=Accounts(trace),
        merges=Merges(record),
        aliases=Aliases(record),
        inbox=Inbox(record),
        erasure=Erasure(record),
        erased=Erased(record),
        policies=Policies(record),
        keys=Keys(record),
        kept_answers=KeptAnswers(record),
        acceptances=Acceptances(record),
        confirmations=Confirmations(record),
        promotions=Promotions(record),
        prices=Prices(record),
        experiments=Experiments(record),
        initiatives=Initiatives(record),
        supervision=Supervision(record),
        schedules=Schedules(record),
        journeys=Journeys(record, glance),
        trails=Trails(record, glance),
        said=Said(record),
        surveys=Surveys(record),
        tasks=Tasks(record),
        hooks=Hooks(record),
        deals=Deals(record),
        outbox=Outbox(record),
        reactions=Reactions(trace),
        mail_templates=MailTemplates(record),
        segments=Segments(record, glance),
        worklist=Worklist(record),
        settings=Settings(record),
        jobs=Jobs(record),
        users=Users(record),
        audit=Audit(record),
        curation=Curation(record),
    )


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise Unavailable("the store's folder cannot be made", key="folder", value=str(file.parent)) from exc
