"""The Train page: choose, start, watch."""

import json
import time
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from aigc_core.common.errors import AigcError, ConfigError
from aigc_core.serving.api import (
    estimates,
    forms,
    lessons,
    paper,
    picture_report,
    run_actions,
    run_views,
    text_report,
    uploads,
)
from aigc_core.serving.api.words import device_name, duration, sentence
from pages import auth
from pages.i18n import catalogue, word
from pages.server_functions import RUN, command, flag, mapping, number, query, sample, table, text
from pages.widget import widget

FUNCTIONS = table(
    runs=query(run_views.runs),
    describe=query(run_views.describe, RUN),
    follow=query(run_views.follow, RUN, text("cursor")),
    sample=sample,
    ask=command(run_actions.request, RUN, text("what"), mapping("changes")),
    examine=query(run_views.examine, RUN, number("per_kwh", 0.0, least=0.0), number("per_hour", 0.0, least=0.0)),
    again=query(run_actions.train_again, RUN, mapping("changes")),
    pin=command(run_actions.pin, RUN, flag("keep")),
    remove=command(run_actions.delete, RUN),
    save_curves=query(paper.curves_file, RUN, text("format"), text("language")),
    save_report=query(paper.report_file, RUN, text("format"), text("language")),
)
CLASSES_SHOWN = 20
HIDDEN = ("data", "data_path")  # chosen above the form, or by upload


@dataclass
class Choices:
    """What stands above the Start button: recipe, data, and the person's own file."""

    group: gr.Group
    preset: gr.Dropdown
    data: gr.Dropdown
    upload: gr.File
    told: gr.HTML  # which recipe suits the data
    kept: gr.Checkbox  # hidden: whether the person has chosen the recipe


@dataclass
class Form:
    """The part of the page that belongs to one family."""

    family: str
    choices: Choices
    group: gr.Group
    fields: dict[str, Any]

    def inputs(self) -> set[Component]:
        return {self.choices.preset, self.choices.data, self.choices.upload, *self.fields.values()}

    def drawn(self) -> list[Component]:
        """What a lesson link fills in."""
        return [self.choices.preset, self.choices.data, *self.fields.values()]

    def filled(self, settings: dict[str, Any]) -> dict[Component, Any]:
        """The same with these values."""
        fields = {field: settings[name] for name, field in self.fields.items()}
        return {self.choices.preset: settings["preset"], self.choices.data: settings["data"]} | fields

    def values(self, given: dict[Component, Any]) -> dict[str, Any]:
        """What the person chose, by setting."""
        chosen = {name: given[field] for name, field in self.fields.items() if given[field] is not None}
        data, upload = given[self.choices.data], given[self.choices.upload]
        chosen |= {"preset": given[self.choices.preset], "data": data}
        if "init_from" in chosen:  # a list where one may write
            chosen["init_from"] = str(chosen["init_from"]).strip()
        if upload and forms.sources()[data]["origin"] == "yours":
            chosen["data_path"] = uploads.save_upload(upload)
        return chosen


def build(demo: gr.Blocks) -> None:
    """Draw the page into `demo`, which is open."""
    families = forms.families()
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            cap = gr.State(None)  # minutes after which the lesson ends a training
            family = gr.Radio(
                [(word(f"family.{name}"), name) for name in families],
                value=next(iter(families)),
                label=word("train.family"),
                elem_id="family",
                elem_classes="group-choices",
            )
            choices = {name: _choices(name, entry, name == family.value) for name, entry in families.items()}
            start = gr.Button(word("train.start"), variant="primary", size="lg", elem_id="start")
            linked = gr.HTML("", visible=False, elem_id="linked", apply_default_css=False)
            trouble = gr.HTML("", visible=False, elem_id="trouble", apply_default_css=False)
            refused = gr.HTML("", visible=False, elem_id="refused", apply_default_css=False)
            estimate = gr.HTML(_line(""), elem_id="estimate", apply_default_css=False)
            judged = gr.HTML("", elem_id="judged", apply_default_css=False)
            form_of = {name: _form(name, choices[name], name == family.value) for name in families}
        with gr.Column(scale=5, min_width=360):
            watch = widget("train", list(FUNCTIONS.values()), elem_id="watch")

    everything: set[Any] = {family, cap}.union(*(form.inputs() for form in form_of.values()))

    def chosen(given: dict[Component, Any]) -> tuple[str, dict[str, Any]]:
        return given[family], form_of[given[family]].values(given)

    def begin(given: dict[Component, Any], request: gr.Request) -> list[Any]:
        """What the choices themselves forbid is `trouble`, as `measure` has it; only what starting refuses is
        `refused`, which a measurement that ends later does not take away."""
        where = trouble
        try:
            with auth.acting_as(request):
                forms.check(*chosen(given))
                where = refused
                started = run_actions.start(*chosen(given), given[cap])
            return [started, _no_trouble(), _no_trouble()]
        except AigcError as error:
            said = _trouble(error, given[family], request)
            return [gr.skip(), *(said if one is where else _no_trouble() for one in (trouble, refused))]

    def measure(given: dict[Component, Any], request: gr.Request) -> list[Any]:
        try:
            with auth.acting_as(request):
                found = estimates.estimate(*chosen(given), given[cap])
        except AigcError as error:
            return [_line(""), _trouble(error, given[family], request)]
        words = catalogue(_language(request))
        said = words["train.estimate"].format(
            device=device_name(found["device"], words),
            time=duration(found["total_s"], words),
            parameters=f"{found['parameters']:,}",
        )
        return [_line(said) + _outlook(found["outlook"], words), _no_trouble()]

    def judge(given: dict[Component, Any], request: gr.Request) -> str:
        words = catalogue(_language(request))
        try:
            with auth.acting_as(request):
                if "text" in families[given[family]]["data_kinds"]:
                    return _report(text_report.judge_text(*chosen(given)), words)
                about = picture_report.judge_pictures(*chosen(given))
                return _report(about, words) if about else ""
        except ConfigError:  # the line above says it
            return ""
        except AigcError as error:  # data that the training will fetch is no problem
            return "" if error.message["key"] == "data.not_here" else _line(_said(error, request), "problem")

    def measuring(request: gr.Request) -> list[Any]:
        return [_line(catalogue(_language(request))["train.measuring"]), _no_trouble()]

    drawn = [family, cap, linked, *(one for form in form_of.values() for one in form.drawn())]

    def lesson(request: gr.Request) -> dict[Component, object]:
        """What a lesson link chooses; nothing where there is no such link."""
        try:
            found = forms.lesson(dict(request.query_params))
        except AigcError as error:
            return {linked: gr.HTML(_line(_said(error, request), "problem"), visible=True)}
        return (
            {family: found["family"], cap: found["cap"]} | form_of[found["family"]].filled(found["settings"])
            if found
            else {linked: gr.skip()}
        )

    demo.load(lesson, None, drawn, queue=False, show_progress="hidden")
    family.change(
        lambda name: [gr.Group(visible=name == one) for _ in range(2) for one in form_of],
        family,
        [*(form.choices.group for form in form_of.values()), *(form.group for form in form_of.values())],
        queue=False,
        show_progress="hidden",
    )
    start.click(begin, everything, [watch, trouble, refused], concurrency_limit=4, show_progress="hidden")
    for form in form_of.values():
        _follow_choices(form)
        if models := form.fields.get("init_from"):
            demo.load(_models, None, models, queue=False, show_progress="hidden")
    triggers = [demo.load, family.change, *(one for form in form_of.values() for one in _timing(form))]
    gr.on(triggers, measuring, None, [estimate, trouble], queue=False).then(
        measure,
        everything,
        [estimate, trouble],
        trigger_mode="always_last",
        concurrency_limit=8,
        show_progress="hidden",
    )
    judging = [demo.load, family.change, *(one for form in form_of.values() for one in _judging(form))]
    gr.on(judging, lambda: "", None, judged, queue=False, show_progress="hidden").then(
        judge, everything, judged, trigger_mode="always_last", concurrency_limit=2, show_progress="hidden"
    )


def _choices(name: str, entry: dict[str, Any], visible: bool) -> Choices:
    first, data_name = next(iter(entry["presets"])), forms.settings(name)["data"]
    with gr.Group(visible=visible, elem_classes="group-choices") as group:
        preset = gr.Dropdown(
            [(word(f"preset.{name}.{key}"), key) for key in entry["presets"]],
            value=first,
            filterable=False,
            label=word("train.preset"),
            info=word(f"preset.{name}.{first}.about"),
            elem_id=f"{name}-preset",
        )
        data = gr.Dropdown(
            [(word(f"data.{key}"), key) for key in entry["data"]],
            value=data_name,
            filterable=False,
            label=word("train.data"),
            info=word(f"data.{data_name}.about"),
            elem_id=f"{name}-data",
        )
        upload = gr.File(
            label=word("train.upload.help"), file_types=[".zip", ".txt"], visible=False, elem_id=f"{name}-upload"
        )
        told = gr.HTML(visible=False, elem_id=f"{name}-recipe", apply_default_css=False)
        kept = gr.Checkbox(visible="hidden", elem_id=f"{name}-kept")
    return Choices(group, preset, data, upload, told, kept)


def _form(name: str, choices: Choices, visible: bool) -> Form:
    values = forms.settings(name)
    fields: dict[str, Any] = {}
    with gr.Group(visible=visible, elem_id=f"form-{name}") as group:
        for section in forms.groups():
            inside = [one for one in forms.fields(name) if one["group"] == section and one["name"] not in HIDDEN]
            if not inside:
                continue
            named = f"group-{section}"  # a lesson link can hide it
            opened = section == "basic"
            with gr.Accordion(word(f"group.{section}"), open=opened, elem_classes=named), gr.Row(equal_height=True):
                fields |= {one["name"]: _field(name, one, values) for one in inside}
    return Form(name, choices, group, fields)


def _field(family: str, field: dict[str, Any], values: dict[str, Any]) -> Component:
    """One setting as Gradio draws it; its range is checked by the core, which has the better sentence."""
    name = field["name"]
    common: dict[str, Any] = {
        "label": word(f"field.{name}"),
        "info": word(f"info.{family}.{name}"),
        "value": values[name],
        "elem_id": f"{family}-{name}",
        "min_width": 150,
    }
    match field["kind"]:
        case "choice":
            return gr.Dropdown(field["choices"], filterable=False, **common)
        case "bool":
            return gr.Checkbox(**common)
        case "int":
            return gr.Number(precision=0, **common)
        case "float":
            return gr.Number(**common)
        case _ if name == "init_from":
            return gr.Dropdown([(word("train.nothing"), "")], allow_custom_value=True, **common)
        case _:
            return gr.Textbox(max_length=2000, **common)


def _follow_choices(form: Form) -> None:
    """A recipe fills the form in; the choice of data shows or hides the upload; both explain themselves."""
    names, choices, family = list(form.fields), form.choices, form.family

    def fill(preset: str, request: gr.Request) -> list[Any]:
        values = forms.settings(family, preset)
        about = gr.Dropdown(value=preset, info=word(f"preset.{family}.{preset}.about"))
        if "init_from" in values:  # models may have been trained since
            values["init_from"] = gr.Dropdown(_model_choices(request), value=values["init_from"])
        return [about, *(values[name] for name in names)]

    def follow(given: dict[Component, Any], request: gr.Request) -> dict[Component, object]:
        """The recipe follows the data, and stays where the person has chosen one; a line says so."""
        preset, data, keep = given[choices.preset], given[choices.data], given[choices.kept]
        try:
            with auth.acting_as(request):
                found = forms.recipe(family, preset, data, form.values(given), keep=keep)
        except AigcError:  # starting says what is wrong with a file
            return {choices.told: gr.HTML(visible=False)}
        taken, best, words = found["preset"], found["best"], catalogue(_language(request))
        told = words["train.recipe.best" if best == taken else "train.recipe.other"].format(
            recipe=words[f"preset.{family}.{best}"], data=words[f"data.{data}"]
        )
        line: dict[Component, object] = {choices.told: gr.HTML(_line(told), visible=found["listed"])}
        if keep:  # its settings may be on their way still: what was sent is older than they are
            return line
        shown = gr.Dropdown(value=taken, info=word(f"preset.{family}.{taken}.about"))
        return line | {choices.preset: shown} | {one: found["settings"][name] for name, one in form.fields.items()}

    def explain(data: str) -> list[Any]:
        yours = forms.sources()[data]["origin"] == "yours"
        return [gr.Dropdown(info=word(f"data.{data}.about")), gr.File(visible=yours)]

    # At once, in the browser: an answer that comes late must take back no data that was chosen in between.
    data_of = {preset: forms.settings(family, preset)["data"] for preset in forms.families()[family]["presets"]}
    choices.preset.input(
        None,
        choices.preset,
        [choices.data, choices.kept, choices.told],
        js=f"(preset) => [{json.dumps(data_of)}[preset], true, '']",
    )
    choices.preset.input(
        fill,
        choices.preset,
        [choices.preset, *form.fields.values()],
        queue=False,
        show_progress="hidden",
    )
    gr.on(
        [choices.data.input, choices.upload.upload],
        follow,
        form.inputs() | {choices.kept},
        [choices.preset, choices.told, *form.fields.values()],
        queue=False,
        show_progress="hidden",
    )
    choices.data.change(explain, choices.data, [choices.data, choices.upload], queue=False, show_progress="hidden")


def _timing(form: Form) -> list[Any]:
    """Choices upon which the time is estimated anew."""
    names = ("steps", "minutes", "batch_size", "network", "size", "context", "width", "objective")
    fields = [form.fields[name] for name in names if name in form.fields]
    return [*_chosen(form), *(one.change for one in fields)]


def _judging(form: Form) -> list[Any]:
    """Choices upon which a text, or a person's own pictures, are judged anew."""
    names = (
        "steps", "minutes", "batch_size", "context", "tokenizer", "vocabulary", "init_from", "language", "clean",
        "validation", "image_size", "channels", "conditional",
    )  # fmt: skip
    return [*_chosen(form), *(form.fields[name].change for name in names if name in form.fields)]


def _chosen(form: Form) -> list[Any]:
    return [one.change for one in (form.choices.preset, form.choices.data, form.choices.upload)]


def _models(request: gr.Request) -> gr.Dropdown:
    return gr.Dropdown(_model_choices(request))


def _model_choices(request: gr.Request) -> list[tuple[str, str]]:
    """Models to go on from, in the page's language."""
    words = catalogue(_language(request))
    choices = [(words["train.nothing"], "")]
    for one in run_views.models("continues_text"):
        data = words.get(f"data.{one['data']}", one["data"])
        title = words["train.model"].format(name=one["name"], data=data, context=one["context"])
        choices.append((title, one["name"]))
    return choices


def _language(request: gr.Request) -> str:
    """The language that the page was shown in, as our script told the browser to say."""
    cookie = request.cookies.get("aigc-language") if request else None
    return cookie if cookie in ("en", "zh") else "en"


def _said(error: AigcError, request: gr.Request) -> str:
    """An error in the page's language."""
    return sentence(error.message, catalogue(_language(request)))


def _no_trouble() -> gr.HTML:
    return gr.HTML(visible=False)


def _trouble(error: AigcError, family: str, request: gr.Request) -> gr.HTML:
    """What cannot be, and of which field: `static/train/trouble.js` shows it there. Each time it is another text for
    Gradio, so that it is shown again."""
    field = f"{family}-{error.message['values'].get('name', '')}"
    text = escape(_said(error, request))
    return gr.HTML(
        f'<div class="aigc-estimate problem" data-field="{escape(field)}" data-at="{time.monotonic_ns()}">{text}</div>',
        visible=True,
    )


def _outlook(found: lessons.Outlook | None, words: dict[str, str]) -> str:
    """That the training will be ended long before its steps are done, and what there is instead."""
    if found is None:
        return ""
    said = words[f"outlook.{found['why']}"].format(
        minutes=f"{found['minutes']:g}",
        reaches=f"{found['reaches']:,}",
        steps=f"{found['steps']:,}",
        wait=f"{found['wait']:.0f}",
    )
    other = found["stand_in"]
    if other is None:
        return f'<div class="aigc-outlook"><p>{escape(said)}</p></div>'
    data = words.get(f"data.{other['data']}", other["data"])
    about = words["outlook.same" if other["same"] else "outlook.other"].format(data=data, steps=f"{other['steps']:,}")
    look = f'<button data-stand-in="{escape(other["name"])}">{escape(words["outlook.look"])}</button>'
    return f'<div class="aigc-outlook aigc-page"><p>{escape(said)}</p><p>{escape(about)}</p>{look}</div>'


def _line(text: str, kind: str = "") -> str:
    return f'<div class="aigc-estimate {kind}">{escape(text)}</div>'


def _report(report: dict[str, Any], words: dict[str, str]) -> str:
    """What was found out about a text or pictures: verdict, advice, what was left out, and a table of facts."""
    kind, facts_of = ("pictures", _picture_facts) if "pictures" in report else ("text", _text_facts)
    verdict = report["verdict"]
    said = "".join(f"<p>{escape(sentence(one, words))}</p>" for one in (*report["advice"], *report.get("notes", ())))
    rows = "".join(
        f"<tr><th>{escape(words[key])}{_question(words.get(f'{key}.help', ''))}</th><td>{escape(value)}</td></tr>"
        for key, value in facts_of(report, words).items()
    )
    title = escape(words[f"judge.{kind}.{verdict}"]) + _question(words[f"judge.{kind}.help"])
    return f'<div class="aigc-page aigc-judged {verdict}"><h3>{title}</h3>{said}<table>{rows}</table></div>'


def _picture_facts(report: dict[str, Any], words: dict[str, str]) -> dict[str, str]:
    """The rows of the table, by the key of their name."""
    height, width, channels = report["shape"]
    facts = {
        "judge.usable": words["judge.usable.of"].format(n=f"{report['usable']:,}", all=f"{report['looked_at']:,}"),
        "judge.shape": words["judge.colour" if channels == 3 else "judge.grey"].format(width=width, height=height),
    }
    if report["looked_at"] < report["pictures"]:
        facts["judge.part"] = words["judge.part.pictures"].format(
            part=f"{report['looked_at']:,}", all=f"{report['pictures']:,}"
        )
    classes = [f"{name[:40]} {count:,}" for name, count in report["classes"].items()]
    shown = words["judge.and"].join(classes[:CLASSES_SHOWN]) + (" …" if len(classes) > CLASSES_SHOWN else "")
    facts["judge.classes"] = shown or words["judge.classes.none"]
    return facts


def _text_facts(report: dict[str, Any], words: dict[str, str]) -> dict[str, str]:
    """The rows of the table, by the key of their name."""

    def percent(part: float) -> str:
        return words["judge.percent"].format(n=f"{100 * part:.0f}" if part >= 0.005 or not part else "< 1")

    characters, tokens, epochs, loss = (report[key] for key in ("characters", "tokens", "epochs", "loss"))
    same = characters == tokens  # a token is a character
    size = words["judge.size.characters" if same else "judge.size.tokens"]
    scripts = sorted(report["shares"].items(), key=lambda one: -one[1])
    facts = {
        "judge.size": size.format(characters=f"{characters:,}", tokens=f"{tokens:,}"),
        "judge.script": words["judge.and"].join(
            f"{words[f'judge.script.{script}']} {percent(part)}" for script, part in scripts if part
        ),
        "judge.distinct": f"{report['distinct']:,}",
        "judge.repeated": percent(report["repeated"]),
    }
    if report["looked_at"] < characters:
        facts["judge.part"] = words["judge.part.of"].format(part=f"{report['looked_at']:,}")
    if report["repeated_documents"]:
        facts["judge.documents"] = percent(report["repeated_documents"])
    if epochs is not None:
        facts["judge.epochs"] = words["judge.times"].format(n=f"{epochs:.2g}" if epochs < 10 else f"{epochs:,.0f}")
    if loss is not None:
        nats = words["judge.nats" if same else "judge.nats.token"]
        facts["judge.loss"] = nats.format(loss=f"{loss:.2f}", token_loss=f"{report['token_loss']:.2f}")
    return facts


def _question(text: str) -> str:
    """A “?” that explains what it stands behind, as `common/help.js` makes it; nothing where there is no text."""
    return f'<span class="q" aria-label="{escape(text)}" tabindex="0" role="note">?</span>' if text else ""
