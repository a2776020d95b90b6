"""The evaluator: the one process that folds signals at ticks."""
