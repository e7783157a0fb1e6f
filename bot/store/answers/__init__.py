"""Answers to the queries of facts. A module here declares them by ``@answering``; they are found by a scan."""
