# What is run often. `just` lists it; requirements-dev.txt installs `just` itself.

# The tests of the lower layers and of the architecture: no browser, no server, no training of minutes.
quick_tests := "tests/common tests/data tests/families tests/media tests/metrics tests/runs tests/test_architecture.py"

_list:
    @just --list --unsorted

# The default suite, browser tests included
test *args:
    pytest -n auto {{args}}

# The tests of the lower layers, without a browser
quick *args:
    pytest -n auto -m "not slow and not browser" {{quick_tests}} {{args}}

# The long tests
slow *args:
    pytest -m slow {{args}}

# Lint and types
check: lint
    mypy

# ruff and its formatter
lint:
    ruff check .
    ruff format --check .

# The quick tests with coverage of the core; fails below the floor in pyproject.toml
coverage: (quick "--cov=aigc_core" "--cov-report=term:skip-covered")

# The quick tests on the newest supported Python, if it is installed
newest:
    .ci/newest

# The site in site/, in English and Chinese; every link and anchor is checked
docs:
    NO_MKDOCS_2_WARNING=1 mkdocs build --strict

# A benchmark: just bench latent
bench name *args:
    python benchmarks/{{name}}.py {{args}}
