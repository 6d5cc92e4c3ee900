"""The page of a survey: without login and without a script; looking (GET) is no answer, pressing the button is."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from tsuide.app.consent_words import ConsentWords, read_of
from tsuide.app.survey_pages import Opened
from tsuide.errors import TsuideError
from tsuide.interfaces.public.frame import language_of, serving_of, shown, sorry
from tsuide.outreach.surveys.survey import Question, Survey

AGREES: Final = "agrees."  # no question's id has a dot
WORDS: Final = "words."
_SCORES: Final = tuple(str(each) for each in range(11))
_BAD: Final = 400
_GONE: Final = 410


async def asked(request: Request) -> Response:
    """The questions; once answered, thanks; where something is at fault, what it is, with everything still there."""
    serving = serving_of(request)
    survey_id, token = request.path_params["survey"], request.path_params["token"]
    agrees = False
    words = await serving.consent_words()
    try:
        if request.method == "POST":
            form = await request.form(max_files=0)
            given, agrees = _given(form), form.get(AGREES) == "yes"
            now, said = serving.clock(), form.get(WORDS)
            read = None
            if said is not None:
                read = await asyncio.to_thread(read_of, serving.shop, str(said), language_of(request), now)
            opened = await asyncio.to_thread(
                serving.survey_pages.take, survey_id, token, given, now, agrees=agrees, read=read
            )
        else:
            opened = await asyncio.to_thread(serving.survey_pages.open, survey_id, token, serving.clock())
    except TsuideError as error:
        return sorry(request, error)
    return _page(request, opened, words, agrees=agrees)


def _given(form: FormData) -> dict[str, list[str]]:
    return {
        name: [each for each in form.getlist(name) if isinstance(each, str)]
        for name in form
        if name not in {AGREES, WORDS}
    }


def _page(request: Request, opened: Opened, words: ConsentWords, *, agrees: bool) -> Response:
    language, survey = language_of(request), opened.survey
    score = _preset(request, survey)
    kept = f"&score={score[0]}" if score else ""  # of the link in a mail, also in the other language
    told: dict[str, Any] = {"page": "survey.html", "heading": _said(survey.names, language), "kept": kept}
    if opened.standing != "open":
        return shown(request, "survey_over", status=_GONE, view="over", over=f"survey_{opened.standing}", **told)
    if request.method == "POST" and not opened.faults:
        thanks = _said(survey.thanks, language)
        return shown(request, "survey_thanks", view="thanks", thanks=thanks, again=request.url.path, **told)
    preset = {survey.score.id: score} if survey.score is not None and score else {}
    chosen = {**opened.chosen, **preset} if request.method == "GET" else opened.given
    return shown(
        request,
        "survey_title",
        status=_BAD if opened.faults else 200,
        view="ask",
        intro=_said(survey.intro, language),
        questions=[_question(each, opened, chosen, language) for each in survey.questions],
        whole=opened.faults.get(""),
        faulty=bool(opened.faults),
        before=bool(opened.chosen or opened.wrote),
        asks_consent=opened.asks_consent,
        agrees=agrees,
        agrees_name=AGREES,
        words_name=WORDS,
        words=words.number,
        agree=words.text("personalisation.survey", language),
        **told,
    )


def _preset(request: Request, survey: Survey) -> list[str]:
    """The score that the link in a mail stands for: chosen, not given."""
    score = request.query_params.get("score", "")
    return [score] if survey.score is not None and score in _SCORES else []


def _question(question: Question, opened: Opened, chosen: Mapping[str, Sequence[str]], language: str) -> dict[str, Any]:
    said = chosen.get(question.id, ())
    fault = opened.faults.get(question.id)
    scale = question.nps
    return {
        "id": question.id,
        "kind": question.kind,
        "ask": _said(question.ask, language),
        "hint": _said(question.hint, language),
        "needed": question.needed,
        "fault": f"survey_fault_{fault}" if fault else None,
        "said": said,
        "text": "\n".join(said),
        "options": [(each.id, _said(each.says, language)) for each in question.options],
        "scores": _SCORES,
        "low": _said(scale.low, language) if scale is not None else None,
        "high": _said(scale.high, language) if scale is not None else None,
        "most": question.text.most if question.text is not None else None,
        "wrote": question.id in opened.wrote,
    }


def _said(words: Any, language: str) -> str | None:  # noqa: ANN401 - Languages or nothing
    return None if words is None else str(getattr(words, language))
