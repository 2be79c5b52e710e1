"""One structured logger per function; it takes its service name from the template.

No personal data goes into a log: identifiers only.
"""

from aws_lambda_powertools import Logger

logger = Logger()
