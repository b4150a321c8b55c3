"""How the threads of the app and of what it starts wait for one another: for the pages, before anything else."""

from aigc_core.common.cores import wait_briefly as wait_briefly
