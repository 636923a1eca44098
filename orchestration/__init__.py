"""What runs when: Dagster, the command line, and the stages in Python around the dbt project."""
