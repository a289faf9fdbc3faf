"""Measures of predictions, as pure functions of arrays: accuracy, calibration, robustness."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.metrics.accuracy import (
        CHUNK as CHUNK,
        ClassificationResult as ClassificationResult,
        compute_loss_and_accuracy as compute_loss_and_accuracy,
        compute_outputs as compute_outputs,
        confusion_matrix as confusion_matrix,
        predict_classes as predict_classes,
    )
    from network.metrics.calibration import (
        BINS as BINS,
        Bins as Bins,
        COLDEST as COLDEST,
        HOTTEST as HOTTEST,
        apply_temperature as apply_temperature,
        expected_calibration_error as expected_calibration_error,
        fit_temperature as fit_temperature,
        log_loss as log_loss,
        log_scores as log_scores,
        outputs_and_scores as outputs_and_scores,
        probabilities as probabilities,
        reliability_bins as reliability_bins,
    )
    from network.metrics.comparison import (
        PairedComparison as PairedComparison,
        compare_predictions as compare_predictions,
    )
    from network.metrics.conformal import (
        COVERAGES as COVERAGES,
        conformal_threshold as conformal_threshold,
        prediction_sets as prediction_sets,
    )
    from network.metrics.out_of_distribution import (
        DistanceDetector as DistanceDetector,
        FALSE_POSITIVE_RATE as FALSE_POSITIVE_RATE,
        MIN_EXAMPLES as MIN_EXAMPLES,
        all_cosines as all_cosines,
        fit_detector as fit_detector,
        held_out_distances as held_out_distances,
        nearest_distances as nearest_distances,
        stroke_vectors as stroke_vectors,
    )
    from network.metrics.risk_coverage import risk_coverage as risk_coverage
    from network.metrics.robustness import (
        CORRUPTIONS as CORRUPTIONS,
        corrupt as corrupt,
        robustness_curve as robustness_curve,
    )
    from network.metrics.direction_check import (
        DirectionCheck as DirectionCheck,
        check_directions as check_directions,
    )
    from network.metrics.gradient_sample import affordable_sample as affordable_sample
    from network.metrics.confidence_intervals import accuracy_interval as accuracy_interval
    from network.metrics.probability_text import (
        format_probability as format_probability,
        format_score as format_score,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
