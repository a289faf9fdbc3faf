"""Pictures of what a run has learnt and how it answers, one kind a file."""
