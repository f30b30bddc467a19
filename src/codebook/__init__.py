"""What columns, codes and words mean: table schemas, kinds, thresholds, calendar, labels and messages, kept as data."""
