"""The names of CloudWatch's statistics, as regular expressions.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html;
IN_A_WIDGET is CloudWatch's own, from the error with which it refuses another one (recorded on AWS:
https://github.com/radkawar/stackd/blob/main/testdata/aws/cloudwatch/dashboards.json)
"""

from typing import Final

PERCENTILE: Final = r"p(?:\d{1,2}(?:\.\d{1,10})?|100(?:\.0{1,10})?)"
_PART: Final = r"(100(.0{0,10})?|\d{1,2})(\.\d{0,10})?"
_PERCENT: Final = rf"({_PART}%)"
_NUMBER: Final = r"((\d+(\.\d{0,10})?)|(\d+(\.\d{0,10})?[Ee][+-]?\d+))"
_TRIMMED: Final = "(TM|TC|TS|WM)"
_RANKED: Final = f"({_TRIMMED}|(PR))"
_OF_SAMPLES: Final = "SampleCount|Average|Sum|Minimum|Maximum"
_BETWEEN: Final = (
    rf"({_TRIMMED}\({_PERCENT}:{_PERCENT}?\)|{_TRIMMED}\({_PERCENT}?:{_PERCENT}\))"
    rf"|({_RANKED}\({_NUMBER}:{_NUMBER}?\))|({_RANKED}\({_NUMBER}?:{_NUMBER}\))"
)
IN_A_WIDGET: Final = (
    rf"^(({_OF_SAMPLES}|IQM)|(p|tc|tm|ts|wm){_PART}|[ou](\d+(\.\d{{0,10}})?)(_E|_L|_H)?|{_BETWEEN})$"
)
"""What a widget's `stat` may be, to be searched for."""
EXTENDED: Final = rf"{PERCENTILE}|IQM|(?:tm|wm|tc|ts){_PART}|{_BETWEEN}"
"""All but the five that are kept of every metric; matched as a whole."""
STATISTIC: Final = rf"{_OF_SAMPLES}|{EXTENDED}"
"""Every statistic, matched as a whole."""
