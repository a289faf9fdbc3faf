"""Names that other libraries have for the options of a training, for suggestions."""

from collections.abc import Collection

from network.training.checks import suggest_name

OTHER_NAMES = {  # name elsewhere -> key here
    **dict.fromkeys(("lr", "alpha", "rate", "step_size", "learning_rate_init"), "learning_rate"),
    **dict.fromkeys(("bs", "batch", "batches"), "batch_size"),
    **dict.fromkeys(("n_epochs", "num_epochs", "nb_epoch", "max_iter", "iterations"), "epochs"),
    **dict.fromkeys(("units", "neurons", "hidden_layers", "hidden_layer_sizes"), "hidden"),
    **dict.fromkeys(("random_state", "random_seed", "rng"), "seed"),
    **dict.fromkeys(("validation_split", "val_split", "validation_fraction"), "validation"),
    **dict.fromkeys(("wd", "l2", "decay", "regularization"), "weight_decay"),
    **dict.fromkeys(("early_stopping", "n_iter_no_change"), "patience"),
    **dict.fromkeys(("lr_schedule", "scheduler", "lr_scheduler"), "schedule"),
    **dict.fromkeys(("solver", "opt", "optim"), "optimizer"),
    **dict.fromkeys(("model", "architecture", "network"), "layers"),
    **dict.fromkeys(("criterion", "objective", "loss_function", "loss_fn"), "loss"),
    **dict.fromkeys(("nonlinearity", "activation_function"), "activation"),
    **dict.fromkeys(("init", "kernel_initializer", "initialization"), "initializer"),
    **dict.fromkeys(("augmentation", "transform", "transforms"), "augment"),
    **dict.fromkeys(("threads", "n_jobs", "num_workers"), "shards"),
    **dict.fromkeys(("clipnorm", "gradient_clipping", "max_grad_norm"), "clip"),
    **dict.fromkeys(("from", "warm_start", "pretrained"), "start"),
}
EXPLAINED = {  # words that are not options -> what to do instead
    "shuffle": "The training images are always shuffled; seed determines their order",
    "film": "Only the command has it: `network train --film`",
    "resume": "Only the command has it: `network train --resume`",
    "seeds": "Train once for each seed=",
    "config": "Only the command has it: `network train --config`; give each option by its name",
}


def suggest_option(key: str, known: Collection[str]) -> str:
    """Return what to write instead of a key that is not an option."""
    name = key.lower().replace("-", "_")
    if name in EXPLAINED:
        return EXPLAINED[name]
    if name in OTHER_NAMES:
        return f"Did you mean {OTHER_NAMES[name]}?"
    return suggest_name(key, known) or "`network train --help` lists them"
