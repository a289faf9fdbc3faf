"""A training run on disk: create, train, find, evaluate, calibrate, replay."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.runs.calibrate import (
        Calibration as Calibration,
        MIN_MISTAKES as MIN_MISTAKES,
        calibrate as calibrate,
        calibrate_and_save as calibrate_and_save,
        calibrate_run as calibrate_run,
    )
    from network.runs.checkpoints import (
        Checkpoint as Checkpoint,
        load_checkpoint as load_checkpoint,
        pack_checkpoint as pack_checkpoint,
        read_file_hash as read_file_hash,
        require_trained as require_trained,
        unpack_checkpoint as unpack_checkpoint,
    )
    from network.runs.evaluate import (
        EvaluationResult as EvaluationResult,
        common_dataset as common_dataset,
        evaluate_run as evaluate_run,
        load_runs as load_runs,
        log_evaluation as log_evaluation,
    )
    from network.runs.evaluation_log import (
        LoggedEvaluation as LoggedEvaluation,
        is_about as is_about,
        read_evaluations as read_evaluations,
    )
    from network.runs.film import (
        Frame as Frame,
        PredictionChanges as PredictionChanges,
        find_prediction_changes as find_prediction_changes,
        frame_path as frame_path,
        list_epochs as list_epochs,
        load_frame as load_frame,
    )
    from network.runs.folder import (
        LoadedRun as LoadedRun,
        Run as Run,
        build_checkpoint as build_checkpoint,
        extract_state as extract_state,
        find_history_problem as find_history_problem,
        load_run as load_run,
        read_history as read_history,
        read_saved_history as read_saved_history,
        summarise_runs as summarise_runs,
    )
    from network.runs.held_out import (
        DataSplit as DataSplit,
        describe_seen as describe_seen,
        require_steps as require_steps,
        seen_by as seen_by,
        split_examples as split_examples,
    )
    from network.runs.import_original import (
        load_original as load_original,
        read_arrays as read_arrays,
    )
    from network.runs.live_changes import (
        LIVE_OPTIONS as LIVE_OPTIONS,
        apply_changes as apply_changes,
        change_training as change_training,
        extract_changes as extract_changes,
        first_configuration as first_configuration,
        live_settings as live_settings,
    )
    from network.runs.make_ensemble import (
        load_members as load_members,
        make_ensemble as make_ensemble,
    )
    from network.runs.make_film import (
        check_can_make_film as check_can_make_film,
        is_film_complete as is_film_complete,
        make_film as make_film,
    )
    from network.runs.names import (
        check_new_name as check_new_name,
        check_run_name as check_run_name,
        create_run as create_run,
        describe_sizes as describe_sizes,
        find_run as find_run,
        find_run_to_resume as find_run_to_resume,
        find_runs as find_runs,
        is_untrained as is_untrained,
        last_change as last_change,
        list_runs as list_runs,
        order_by_change as order_by_change,
        read_meta as read_meta,
    )
    from network.runs.predict import (
        Prediction as Prediction,
        Predictor as Predictor,
        load_predictor as load_predictor,
    )
    from network.runs.replay import compare_runs as compare_runs
    from network.runs.start_command import start_command as start_command
    from network.runs.training_run import (
        TrainingRun as TrainingRun,
        create_training_run as create_training_run,
        inherit_architecture as inherit_architecture,
        load_initial_model as load_initial_model,
        load_initial_state as load_initial_state,
        load_state as load_state,
        load_training_run as load_training_run,
        require_unfinished as require_unfinished,
        resume_state as resume_state,
        resume_training_run as resume_training_run,
    )
    from network.runs.page_doubts import find_doubts as find_doubts
    from network.runs.predict_files import (
        Answer as Answer,
        FilePredictions as FilePredictions,
        PredictOptions as PredictOptions,
        predict_inputs as predict_inputs,
        write_answers as write_answers,
    )
    from network.runs.ownership import (
        SavedState as SavedState,
        is_owned_run as is_owned_run,
        own_run as own_run,
        remove_dead_parts as remove_dead_parts,
        require_free_run as require_free_run,
    )
    from network.runs.history import build_epoch as build_epoch
    from network.runs.own_dataset import (
        describe_new_classes as describe_new_classes,
        find_classes as find_classes,
        find_own_dataset as find_own_dataset,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
