"""What festivals and campaigns bring."""
