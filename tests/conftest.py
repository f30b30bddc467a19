"""What every test starts from: no window, no data folder of the user's, no time limit."""

import os

from hypothesis import settings

os.environ["MPLBACKEND"] = "Agg"
for name in ("ANALYSIS_DATA", "ANALYSIS_REPORTS"):
    os.environ.pop(name, None)
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")
