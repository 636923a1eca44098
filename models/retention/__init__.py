"""Who comes back: repeat purchase, retention, cohorts, before and after the CRM."""
