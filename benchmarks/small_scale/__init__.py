"""The method at small scale: trainings, records, weights."""
