"""What a plugin does around the verbs of a kind that was written in YAML once: before, after, or instead."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from core.lowcode.module import Module

Rest = ParamSpec("Rest")
Given = TypeVar("Given")


def around(verb: str) -> Callable[[Callable[Concatenate[Module, Rest], Given]],
                                  Callable[Concatenate[Module, Rest], Given]]:
    """Let a module's `around` have its say in a verb: it gets what the verb does, and what the verb was given."""

    def wrap(call: Callable[Concatenate[Module, Rest], Given]) -> Callable[Concatenate[Module, Rest], Given]:
        @wraps(call)
        def run(module: Module, /, *args: Rest.args, **named: Rest.kwargs) -> Given:
            own: Callable[..., Any] | None = module.around.get(verb)
            if own is None:
                return call(module, *args, **named)
            given: Given = own(partial(call, module), *args, **named)
            return given

        return run

    return wrap
