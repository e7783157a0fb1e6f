"""Finds the handlers by scanning packages and collects them by type. What cannot be used stops the start.

There is no list of handlers anywhere: a file in a scanned package is a handler, save modules whose name begins with
an underscore and the packages' own ``__init__``. A file that is broken, holds no handler or repeats a name is an error
that names the file and the reason, because a handler that silently does not run is the worst one.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar

from bot.catalog.settings import convert, setting_problems
from bot.core import authority
from bot.core.agreement import AGREE
from bot.core.delivery import Source
from bot.core.forms import Form, Silenced, furnished
from bot.core.handlers import Action, Command, Rule, Section, Setting
from bot.core.handlers import Handler as Declared
from bot.core.settings import House
from bot.core.spelling import hint

Kind = Literal["rule", "command", "action", "section", "form"]
Handler = Declared | Form

T = TypeVar("T")


class CatalogError(Exception):
    """The handlers cannot be used as they are; each problem names a file and the reason."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Found:
    """A handler and the file that holds it, for messages."""

    value: Handler | Source
    file: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """All handlers by their names; commands by (name, verb), actions in the order of their buttons."""

    sources: Mapping[str, Source] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    commands: Mapping[tuple[str, str], Command] = field(default_factory=dict)
    actions: Mapping[str, Action] = field(default_factory=dict)
    sections: Mapping[str, Section] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)

    @classmethod
    def scan(cls, packages: tuple[str, ...], folder: Path | None = None) -> Catalog:
        """The handlers of the packages and of their subpackages, or CatalogError with every problem found.

        ``folder`` is where a shop's private package may lie without being installed: the config file's folder.
        """
        if folder is not None and str(folder.resolve()) not in sys.path:
            sys.path.append(str(folder.resolve()))
        problems: list[str] = []
        found: list[Found] = []
        for package in packages:
            found += _package(package, problems)
        problems += _duplicates(found)
        catalog = cls.of(one.value for one in found)
        problems += _unknown_inhibited(found, catalog)
        if problems:
            raise CatalogError(problems)
        return catalog

    @classmethod
    def of(cls, handlers: Iterable[Handler | Source]) -> Catalog:
        """A catalog of the given handlers; of two with one name the later one stays."""
        values = list(handlers)
        return cls(
            sources={one.name: one for one in _sorted(values, Source, "name")},
            rules={one.name: one for one in _sorted(values, Rule, "name")},
            commands={(one.name, one.verb): one for one in _sorted(values, Command, "name", "verb")},
            actions={one.name: one for one in _sorted(values, Action, "order", "name")},
            sections={one.name: one for one in _sorted(values, Section, "order", "name")},
            forms={one.name: one for one in _sorted(values, Form, "name")},
        )

    def at(self, house: House) -> Catalog:
        """The catalog in a house: its forms offer what only the house knows."""
        return dataclasses.replace(self, forms={name: furnished(one, house) for name, one in self.forms.items()})

    def configurable(self, kind: Kind) -> dict[str, Mapping[str, Setting]]:
        """The handlers of a kind by the name under which the config speaks of them, each with its settings."""
        tables: dict[Kind, Mapping[str, Rule | Command | Action | Section | Form]] = {
            "rule": self.rules,
            "command": {command_label(one): one for one in self.commands.values()},
            "action": self.actions,
            "section": self.sections,
            "form": self.forms,
        }
        return {name: handler.settings for name, handler in tables[kind].items()}

    def acts(self) -> dict[str, bool]:
        """The names of everything that people may be granted to do, each with whether it is done to an alert."""
        doing = [one for one in self._asked() if authority.is_act(one)]
        on_alert = {authority.name_of(one) for one in doing if isinstance(one, Action) or _is_on_alert(one)}
        names = {authority.SHARE, *map(authority.name_of, doing)}
        return {name: name in on_alert for name in sorted(names)}

    def lasting(self) -> frozenset[str]:
        """The names of acts that hold for a time, which somebody chooses."""
        return frozenset(form.name for form in self.forms.values() if Silenced in form.gives)

    def questions(self) -> tuple[str, ...]:
        """The names of everything that people may ask and that the config may keep to some of them."""
        return tuple(sorted({authority.name_of(one) for one in self._asked() if authority.is_question(one)}))

    def _asked(self) -> list[Command | Action | Form]:
        return [*self.commands.values(), *self.actions.values(), *self.forms.values()]

    def settings(self, kind: Kind, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The given settings of a handler as the keyword arguments its function takes; the rest are its defaults.

        Durations are text such as "90m", "4h" or "2d", times of day "09:00". Raises BadSettings with every problem.
        """
        known = self.configurable(kind)
        if name not in known:
            raise KeyError(f"there is no {kind} {name!r}{hint(name, known)}")
        return convert(known[name], given)


def _is_on_alert(handler: Command | Action | Form) -> bool:
    return isinstance(handler, Form) and handler.on_alert


def command_label(command: Command) -> str:
    """The command as the config names it: "stock", or "ops alerts" for the verb of a command."""
    return f"{command.name} {command.verb}".rstrip()


def _sorted(values: Iterable[object], kind: type[T], *by: str) -> list[T]:
    ours = [value for value in values if isinstance(value, kind)]
    return sorted(ours, key=lambda value: tuple(getattr(value, name) for name in by))


def _package(name: str, problems: list[str]) -> Iterator[Found]:
    root = _imported(name, problems)
    if root is None:
        return
    if root.__file__ is None or not hasattr(root, "__path__"):
        problems.append(f"{name}: not a package with an __init__.py, so it cannot hold handlers")
        return
    modules = list(_modules(root, problems))
    if not modules:
        problems.append(f"{_shown(root.__file__)}: the package {name} holds no handler files")
    for module in modules:
        yield from _handlers(module, problems)


def _modules(package: ModuleType, problems: list[str]) -> Iterator[ModuleType]:
    """The handler modules below a package; problems are noted, and what lies beside them is still looked at."""
    problems += _unreachable(package)
    for entry in pkgutil.iter_modules(package.__path__):
        if entry.name.startswith("_"):
            continue
        module = _imported(f"{package.__name__}.{entry.name}", problems)
        if module is not None and entry.ispkg:
            yield from _modules(module, problems)
        elif module is not None:
            yield module


def _unreachable(package: ModuleType) -> list[str]:
    """Folders with Python files that are no packages: the scan would pass them over without a word."""
    folders = [one for path in package.__path__ for one in sorted(Path(path).iterdir()) if one.is_dir()]
    return [
        f"{_shown(folder)}: has Python files but no __init__.py, so they are not found; add an empty __init__.py"
        for folder in folders
        if not folder.name.startswith(("_", ".")) and any(folder.glob("*.py")) and not (folder / "__init__.py").exists()
    ]


def _imported(name: str, problems: list[str]) -> ModuleType | None:
    # A handler's file is foreign code: whatever it raises while it is imported is told as this file's problem.
    try:
        return importlib.import_module(name)
    except Exception as error:
        problems.append(_broken(name, error))
        return None


def _broken(name: str, error: Exception) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(error.filename)}:{error.lineno}: is not valid Python: {error.msg}"
    if isinstance(error, ModuleNotFoundError) and error.name and (name + ".").startswith(error.name + "."):
        return f"{name}: there is no such package; install it or put it beside the config file"
    frames = traceback.extract_tb(error.__traceback__)
    last = name.rsplit(".", 1)[-1]
    ours = [one for one in frames if Path(one.filename).stem == last or Path(one.filename).parent.name == last]
    place = f"{_shown(ours[-1].filename)}:{ours[-1].lineno}" if ours else name
    return f"{place}: cannot be imported: {type(error).__name__}: {error}"


def _handlers(module: ModuleType, problems: list[str]) -> list[Found]:
    """The handlers of one module, each once even when it is bound to two names."""
    file = _shown(module.__file__ or module.__name__)
    distinct = {id(value): value for value in vars(module).values() if isinstance(value, Handler | Source)}
    if not distinct:
        problems.append(
            f"{file}: holds no handler; declare a rule, command, action, section, form or source, "
            "or begin the file's name with an underscore"
        )
    found = [Found(_documented(value, module), file) for value in distinct.values()]
    for one in found:
        problems += [f"{file}: {problem}" for problem in _contract_problems(one.value)]
    return found


def _documented(value: Handler | Source, module: ModuleType) -> Handler | Source:
    """A source is a value without a docstring of its own; its file's docstring is its documentation."""
    if isinstance(value, Source) and not value.doc:
        return dataclasses.replace(value, doc=(module.__doc__ or "").strip())
    return value


# Slack takes lower-case commands of at most 32 characters, slash included; the other names are config keys.
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}")


def _contract_problems(value: Handler | Source) -> list[str]:
    name = _name(value)
    problems = [] if value.doc else [f"{name} has no docstring, which is its documentation for users"]
    words = (value.name, value.verb) if isinstance(value, Command) else (value.name,)
    if not all(_NAME.fullmatch(word) for word in words if word or word is value.name):
        problems.append(f"{name} may only have lower-case letters, digits, - and _ in its name, 31 at most")
    if isinstance(value, Action) and value.name == AGREE:
        problems.append(f"{name} takes the name of the button by which a second person agrees; give it another")
    if not isinstance(value, Source):
        problems += [f"{name}: {problem}" for problem in setting_problems(value.settings)]
    return problems


def _name(value: Handler | Source) -> str:
    label = f"/{command_label(value)}" if isinstance(value, Command) else repr(value.name)
    return f"{type(value).__name__.lower()} {label}"


def _duplicates(found: list[Found]) -> Iterator[str]:
    first: dict[str, Found] = {}
    for one in found:
        name = _name(one.value)
        earlier = first.setdefault(name, one)
        if earlier is not one:
            yield f"{one.file}: {name} is already declared in {earlier.file}; give one of them another name"


def _unknown_inhibited(found: list[Found], catalog: Catalog) -> Iterator[str]:
    for one in found:
        for other in one.value.inhibits if isinstance(one.value, Rule) else ():
            if other.rule not in catalog.rules:
                near = hint(other.rule, catalog.rules)
                yield f"{one.file}: {_name(one.value)} inhibits {other.rule!r}, which is no rule{near}"


def _shown(file: str | Path) -> str:
    """The path as a person here would write it: relative when it lies below the working directory."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
