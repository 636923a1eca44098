"""What a customer will be worth: purchase models, the choice among them, value with its limits."""
