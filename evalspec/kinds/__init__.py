"""What dataset, task and evaluator kinds have in common: fields, resolution, registries, calling Python."""
