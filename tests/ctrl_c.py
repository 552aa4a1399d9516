"""Ctrl-C at a moment that no test could meet by waiting for it."""

import sys


def comes_with_the_import_of(name, monkeypatch):
    """Ctrl-C is pressed as the module of this name is imported."""

    class Pressed:
        """Stands before what finds modules."""

        def find_spec(self, found, *_):
            if found == name:
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Pressed(), *sys.meta_path])
