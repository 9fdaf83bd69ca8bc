"""Articles: FAQ, how-to, SOP, known error, runbook. Knows nothing of tickets."""
