"""What the data mean: agencies, rules, demand and service coverage. May import `geo` and `layers`."""
