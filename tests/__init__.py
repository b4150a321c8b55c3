"""Tests, in folders like the code's; `helpers` holds what more than one module needs."""

import os

import pytest

from aigc_core.common.cores import wait_briefly

wait_briefly()  # as the command line does

# Several workers at once: threads beyond the cores only wait for one another. Torch reads this when it is imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest.register_assert_rewrite("tests.helpers")  # their assertions say as much as a test's
