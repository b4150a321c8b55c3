"""What stands between pages and models: the class, jobs, launchers, and the functions that pages call."""
