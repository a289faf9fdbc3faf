"""Compare three settings, three times each: is the difference more than chance?

    python docs/examples/compare_runs.py

Training begins with random weights, so the same settings reach another accuracy with another seed.
A difference between settings is meaningful only if it is larger than this spread. The runs are
trained in a temporary folder, so they do not appear among yours.
"""

from statistics import mean, stdev
from tempfile import TemporaryDirectory

from network import train

SEEDS = (0, 1, 2)
SETTINGS = {
    "30 sigmoids": {"hidden": [30]},
    "100 ReLUs, Adam": {"preset": "fast-97", "hidden": [100]},
    "the same, shifted images": {"preset": "fast-97", "hidden": [100], "augment": {"shift": 1}},
}

accuracies = {}  # for each setting a list in percent, one value per seed
with TemporaryDirectory() as folder:
    common = {"epochs": 10, "validation": 0.3, "cache_dir": folder}
    for name, options in SETTINGS.items():
        runs = [train("mnist-sample", seed=seed, **common, **options) for seed in SEEDS]
        values = accuracies[name] = [100 * run.validation_accuracy for run in runs]
        print(f"{name:26} {mean(values):5.1f} %, spread {stdev(values):.1f} points")

try:
    from matplotlib.figure import Figure
except ImportError:
    print("For a chart, install matplotlib.")
else:
    figure = Figure(figsize=(6, 2.6), layout="constrained")
    axes = figure.subplots()
    for name, values in accuracies.items():
        axes.errorbar(mean(values), name, xerr=stdev(values), fmt="|", color="grey", capsize=4)
        axes.plot(values, [name] * len(values), "o", color="#0072b2", alpha=0.7)
    axes.set_xlabel("accuracy on validation images (%): each seed, mean and standard deviation")
    axes.invert_yaxis()
    axes.margins(y=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig("compare_runs.png", dpi=144)
    print("Chart: compare_runs.png")
