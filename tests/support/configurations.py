"""Any configuration of a training that is over in a moment."""

from hypothesis import strategies as st

from network.images.augmentation import AUGMENTATIONS
from network.training.configuration import Configuration
from network.training.losses import LOSSES
from network.training.optimizers import OPTIMIZERS
from network.training.schedules import SCHEDULES
from tests.support.small_digits import NAME

NETS = (
    None,
    "Flatten, Linear(5), Dropout(0.3), ReLU",
    "Conv2D(2, 5), BatchNorm, MaxPool2D, Flatten",
)


configurations = st.builds(
    Configuration,
    dataset=st.just(NAME), hidden=st.just((3,)), layers=st.sampled_from(NETS),
    loss=st.sampled_from(sorted(LOSSES)), optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    schedule=st.sampled_from(sorted(SCHEDULES)), learning_rate=st.just(0.01),
    batch_size=st.integers(5, 50), epochs=st.integers(1, 4), seed=st.integers(0, 99),
    average=st.sampled_from([0, 0.9]), clip=st.sampled_from([None, 0.1]),
    augment=st.dictionaries(st.sampled_from(sorted(AUGMENTATIONS)), st.just(0.5), max_size=2),
    european=st.sampled_from([0, 0.5]),
    patience=st.sampled_from([None, 1, 3]), shards=st.sampled_from([1, 1, 2, 3]),
)  # fmt: skip
