"""How a network reaches a prediction: attributions, counterfactuals, units, edits."""
