"""What the core says, in each language, for the pages."""

from aigc_core.locale import FILES as FILES
from aigc_core.locale import LANGUAGES as LANGUAGES
from aigc_core.locale import NAMES as NAMES
from aigc_core.locale import device_name as device_name
from aigc_core.locale import duration as duration
from aigc_core.locale import sentence as sentence
from aigc_core.locale import words as words
