"""The names of CloudWatch's statistics, as regular expressions that match a name as a whole.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

from typing import Final

PERCENTILE: Final = r"p(?:\d{1,2}(?:\.\d{1,10})?|100(?:\.0{1,10})?)"
EXTENDED: Final = rf"{PERCENTILE}|IQM|(?:tm|wm|tc|ts)\d{{1,2}}(?:\.\d{{1,10}})?|(?:TM|WM|PR|TC|TS)\(\S+\)"
"""All but the five that are kept of every metric."""
STATISTIC: Final = rf"SampleCount|Average|Sum|Minimum|Maximum|{EXTENDED}"
