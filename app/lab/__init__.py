"""What a notebook calls: data, models, training, measures, tracking. Never imports the driver."""
