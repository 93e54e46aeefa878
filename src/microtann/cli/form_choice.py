"""The section [train]: a form of TANN, and the hyper-parameters that belong to this form and to no other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from microtann.errors import ConfigurationError
from microtann.numbers.configuration import defaults
from microtann.numbers.settings import Setting, fill, help_lines
from microtann.tann.form import DEFAULT_FORM, form_class, known_forms
from microtann.training.form import TrainableForm

SECTION = "train"
RECIPE = f"{SECTION}.recipe"


def trainable_forms() -> dict[str, type[TrainableForm]]:
    """Return the forms that can be trained, by name."""
    return {name: form for name, form in known_forms().items() if issubclass(form, TrainableForm)}


def choose_form(settings: Sequence[Setting]) -> TrainableForm:
    """Return the form that the settings choose, with its hyper-parameters.

    The key ``recipe`` fills those that are not given with what goes together in a recipe of the form.

    Raises
    ------
    ConfigurationError
        If the form, a recipe or a key is not known, a key belongs to another form, or a value is out of range.
    """
    kind = _chosen_class(settings)
    settings = _with_own_table(settings, kind.name)
    own = {f"{SECTION}.{key}" for key in defaults(kind)}
    base = _recipe(kind, settings)
    others = [setting for setting in settings if setting.key not in (f"{SECTION}.form", RECIPE)]
    for setting in others:
        section, _, key = setting.key.partition(".")
        owners = [name for name, form in trainable_forms().items() if key in defaults(form)]
        if section == SECTION and setting.key not in own and owners:
            raise ConfigurationError(
                f"the key {key!r} of [{SECTION}] in {setting.source} belongs to the form "
                f"{' or '.join(map(repr, owners))}, but the form is {kind.name!r}, whose keys are "
                f"{', '.join(defaults(kind))}"
            )
    return fill(kind, SECTION, others, base)


def choose_forms(settings: Sequence[Setting], names: Sequence[str]) -> dict[str, TrainableForm]:
    """Return several forms by name, each with those hyper-parameters of the settings that it has.

    What is meant for one of them alone stands in a table of its name, as in ``[train.published]``. Without names,
    it is the one form that the settings choose.

    Raises
    ------
    ConfigurationError
        If a form is not known, or a key is that of none of them.
    """
    if not names:
        chosen = choose_form(settings)
        return {chosen.name: chosen}
    keys = {name: {f"{SECTION}.{key}" for key in defaults(_trainable(name, "--form"))} for name in names}
    forms = {}
    for name, own in keys.items():
        foreign = set().union(*keys.values()) - own
        mine = _with_own_table(settings, name)
        kept = [s for s in mine if s.key != f"{SECTION}.form" and s.key not in foreign]
        forms[name] = choose_form([*kept, Setting(f"{SECTION}.form", name, "--form")])
    return forms


def form_defaults(name: str = DEFAULT_FORM) -> dict[str, Any]:
    """Return the section [train] with the defaults of a form.

    Raises
    ------
    ConfigurationError
        If no form of this name can be trained.
    """
    return {"form": name, **defaults(_trainable(name, "the command line"))}


def form_help(name: str = DEFAULT_FORM) -> dict[str, str]:
    """Return the meaning of the keys of [train] for a form, by dotted name."""
    names = ", ".join(repr(known) for known in trainable_forms())
    meaning = {f"{SECTION}.form": f"Form of the TANN, one of {names}; it decides the keys below."}
    return meaning | help_lines(_trainable(name, "the command line"), SECTION)


def forms_text() -> str:
    """Return what `microtann train --help` says about the forms, as Markdown."""
    lines = []
    for name, form in trainable_forms().items():
        sentence = (form.__doc__ or "").strip().splitlines()[0]
        keys = ", ".join(f"{key} = {value}" for key, value in defaults(form).items())
        recipes = f" Recipes: {', '.join(form.recipes)}." if form.recipes else ""
        lines.append(f"- **{name}**: {sentence} Keys: {keys}.{recipes}")
    return "\n\n".join(["Forms, and the keys of the section [train] that belong to each:", "\n".join(lines)])


def _with_own_table(settings: Sequence[Setting], name: str) -> list[Setting]:
    """Return the settings without the tables of single forms, but with what that of this form holds in its place.

    Such a table wins over the section [train] of the same file. A hyper-parameter may have the name of a form.
    """
    names = {f"{SECTION}.{form}" for form in trainable_forms()}
    found: list[Setting] = []
    for source in dict.fromkeys(setting.source for setting in settings):
        own = [setting for setting in settings if setting.source == source]
        tables = [setting for setting in own if setting.key in names and isinstance(setting.value, dict)]
        found += [setting for setting in own if setting not in tables]
        for table in tables:
            if table.key == f"{SECTION}.{name}":
                found += [Setting(f"{SECTION}.{key}", value, source) for key, value in table.value.items()]
    return found


def _recipe(kind: type[TrainableForm], settings: Sequence[Setting]) -> TrainableForm | None:
    """Return the form as its chosen recipe has it; None if no recipe is chosen."""
    chosen = [setting for setting in settings if setting.key == RECIPE]
    if not chosen:
        return None
    try:
        return kind.by_recipe(str(chosen[-1].value))
    except ConfigurationError as error:
        raise ConfigurationError(f"{RECIPE!r} in {chosen[-1].source}: {error}") from None


def _chosen_class(settings: Sequence[Setting]) -> type[TrainableForm]:
    chosen = [setting for setting in settings if setting.key == f"{SECTION}.form"]
    if not chosen:
        return _trainable(DEFAULT_FORM, "the defaults")
    return _trainable(chosen[-1].value, chosen[-1].source)


def _trainable(name: object, source: str) -> type[TrainableForm]:
    forms = trainable_forms()
    try:
        kind = form_class(str(name))
    except ConfigurationError as error:
        raise ConfigurationError(f"'{SECTION}.form' in {source}: {error}") from None
    if not issubclass(kind, TrainableForm):
        raise ConfigurationError(
            f"'{SECTION}.form' in {source}: the form {name!r} cannot be trained: {list(forms)}"
        )
    return kind
