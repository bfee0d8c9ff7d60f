"""`python -m benchmarks [NAME ...]`: run every benchmark (or the named ones) and print its ratios."""

import importlib
import pkgutil
import sys

import benchmarks


def main() -> None:
    names = [name for _, name, _ in pkgutil.iter_modules(benchmarks.__path__) if name.startswith("bench_")]
    wanted = [f"bench_{name}" for name in sys.argv[1:]] or names
    unknown = sorted(set(wanted) - set(names))
    if unknown:
        known = ", ".join(name.removeprefix("bench_") for name in names)
        sys.exit(f"no benchmark is called {', '.join(unknown)}; there are: {known}")
    for name in wanted:
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
