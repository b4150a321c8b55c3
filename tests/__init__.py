"""Tests, in folders like the code's; `helpers` holds what more than one module needs."""

import pytest

pytest.register_assert_rewrite("tests.helpers")  # their assertions say as much as a test's
