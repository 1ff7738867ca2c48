"""The aggregates of a spec: run-level scores, over one score, over the items, over the trials, or by code."""

from typing import Final, Literal

from pydantic import Field

from evalspec.analysis.confusion import MAX_LABELS
from evalspec.kinds.fields import KindFields, meanings
from evalspec.plan.model import DataType
from evalspec.spec.sections import Description

Label = str | bool | float


class AggregateFields(KindFields):
    """Fields that every aggregate has."""

    description: Description = None
    by: str | None = Field(
        None,
        description="Expression for the group of an item, over `input`, `expected_output`, `metadata` and "
        "`item`: the value is then given for each group, too. At most 100 groups stand alone.",
        examples=["metadata.continent"],
    )


class OverScore(AggregateFields):
    """An aggregate that is computed over one score."""

    score: str = Field(description="The score to aggregate, from `[scores]`.")


class MeanFields(OverScore):
    """The arithmetic mean of a NUMERIC or BOOLEAN score, or of the values of categories."""

    function: Literal["mean"] = "mean"


class RateFields(OverScore):
    """The share of items for which a BOOLEAN score is true, or a CATEGORICAL one among its `good` labels.

    With `by` it is also given for each group of items:

        [aggregates.accuracy]
        function = "rate"
        score = "correct"
        by = "metadata.continent"
    """

    function: Literal["rate"] = "rate"


class MinFields(OverScore):
    """The smallest value."""

    function: Literal["min"] = "min"


class MaxFields(OverScore):
    """The largest value."""

    function: Literal["max"] = "max"


class MedianFields(OverScore):
    """The median."""

    function: Literal["median"] = "median"


class PercentileFields(OverScore):
    """A percentile, by linear interpolation between the two nearest values."""

    function: Literal["percentile"] = "percentile"
    percentile: float = Field(ge=0, le=100, description="Which percentile, between 0 and 100.", examples=[95])


class CountFields(OverScore):
    """The number of scored items; of one category where `label` is given."""

    function: Literal["count"] = "count"
    label: str | None = Field(None, description="Count only this label of a CATEGORICAL score.")


class StdevFields(OverScore):
    """The sample standard deviation (n - 1)."""

    function: Literal["stdev"] = "stdev"


class OverTrials(OverScore):
    """An aggregate over the trials of each item, of which `repeats` of the task says how many there are."""

    k: int = Field(
        ge=1, description="How many trials are drawn; at most the `repeats` of the task.", examples=[3]
    )


class PassAtKFields(OverTrials):
    """The chance that at least one of `k` trials of an item passes, as a mean over the items.

    For an item with n scored trials of which c are true it is 1 - C(n-c, k) / C(n, k), the unbiased
    estimator of Chen et al. (2021), "Evaluating Large Language Models Trained on Code".

        [aggregates.pass_at_3]
        function = "pass_at_k"
        score = "correct"
        k = 3

    It is one value for the run, over all trials. An item with fewer than `k` scored trials has none and
    lowers the coverage; with `on_task_failure = false` on the score, a trial whose task failed did not pass.
    """

    function: Literal["pass_at_k"] = "pass_at_k"


class PassHatKFields(OverTrials):
    """The chance that all of `k` trials of an item pass, as a mean over the items: how reliable a system is.

    For an item with n scored trials of which c are true it is C(c, k) / C(n, k), pass^k of Yao et al. (2024),
    "τ-bench: A Benchmark for Tool-Agent-User Interaction in Real-World Domains".

        [aggregates.reliable]
        function = "pass_hat_k"
        score = "correct"
        k = 3

    What is said of `pass_at_k` about items with too few trials holds here as well.
    """

    function: Literal["pass_hat_k"] = "pass_hat_k"


class ComparisonFields(AggregateFields):
    """An aggregate that compares two expressions for each item.

    Both may use `input`, `output`, `expected_output`, `metadata`, `item`, and `scores.<name>`, what the
    evaluators gave. An item whose task failed, or for which one of the two has no value, lowers the coverage.
    """

    value: str = Field(
        "output",
        description="Expression for what the task said, over `input`, `output`, `expected_output`, "
        "`metadata`, `item` and `scores`.",
        examples=["output.label", "scores.verdict"],
    )
    expected: str = Field(
        "expected_output",
        description="Expression for what is right, over the same names.",
        examples=["expected_output.label", "scores.correct"],
    )


class AccuracyFields(ComparisonFields):
    """The share of items whose label is the expected one.

    A label is a text, a number, a boolean or null, compared as it is printed: `true` and `"true"` are one.

        [aggregates.accuracy]
        function = "accuracy"
        value = "output.label"
        expected = "expected_output.label"
    """

    function: Literal["accuracy"] = "accuracy"


class LabelledFields(ComparisonFields):
    """A comparison that tells labels apart."""

    labels: list[Label] | None = Field(
        None,
        min_length=1,
        max_length=MAX_LABELS,
        description="The labels in their order; without it those that occur, sorted. Any other label is then "
        f"no label of its own: it counts as wrong. Needed where more than {MAX_LABELS} different ones occur.",
        examples=[["negative", "neutral", "positive"]],
    )


class ConfusionMatrixFields(LabelledFields):
    """How often each label was given where each was expected; the value is the accuracy.

    The matrix is among the `details`: one row for each expected label, one column for each given one. Labels
    that `labels` does not name stand together under `(other)`.

        [aggregates.confusion]
        function = "confusion_matrix"
        value = "output.label"
        expected = "expected_output.label"
        labels = ["refund", "exchange", "none"]
    """

    function: Literal["confusion_matrix"] = "confusion_matrix"


class RatedFields(LabelledFields):
    """Precision, recall or F1, of one label or averaged over all."""

    average: Literal["binary", "macro", "micro", "weighted"] = Field(
        "binary",
        description="`binary`: of the label `positive` alone, all others together being the other class. "
        "`macro`: the mean over the labels. `micro`: over all decisions together, which without `labels` is "
        "the accuracy. `weighted`: the mean weighted by how often each label is expected.",
        json_schema_extra=meanings(
            binary="Of the label `positive` alone.",
            macro="The mean over the labels, each counting the same.",
            micro="Over all decisions together.",
            weighted="The mean over the labels, weighted by how often each is expected.",
        ),
    )
    positive: Label | None = Field(
        None,
        description="The label that `binary` looks at; not needed where the labels are true and false.",
        examples=["refund"],
    )


class PrecisionFields(RatedFields):
    """The share of what was given as a label that is right: tp / (tp + fp).

    Averages are those of scikit-learn; in them a label that was never given counts as 0. `binary` has no
    value where `positive` was never given. Precision, recall and F1 of each label are among the `details`.

        [aggregates.precision]
        function = "precision"
        value = "output.label"
        expected = "expected_output.label"
        positive = "refund"
    """

    function: Literal["precision"] = "precision"


class RecallFields(RatedFields):
    """The share of what is expected as a label that was found: tp / (tp + fn).

    Averages are those of scikit-learn; in them a label that is never expected counts as 0. `binary` has no
    value where `positive` is never expected. Precision, recall and F1 of each label are among the `details`.

        [aggregates.recall]
        function = "recall"
        value = "output.spam"
        expected = "expected_output.spam"
    """

    function: Literal["recall"] = "recall"


class F1Fields(RatedFields):
    """The harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn).

    Averages are those of scikit-learn. `binary` has no value where `positive` is neither expected nor given.
    Precision, recall and F1 of each label are among the `details`.

        [aggregates.f1]
        function = "f1"
        value = "output.label"
        expected = "expected_output.label"
        average = "macro"
        by = "metadata.language"
    """

    function: Literal["f1"] = "f1"


class CohenKappaFields(LabelledFields):
    """The agreement of two raters beyond chance (Cohen 1960, 1968): 1 is full agreement, 0 that of chance.

    With `weights` the `labels` are needed, in their order: a label that is further away weighs more.

        [aggregates.agreement]
        function = "cohen_kappa"
        value = "scores.grade"
        expected = "metadata.human_grade"
        labels = ["poor", "fair", "good"]
        weights = "quadratic"

    A label that `labels` does not name leaves no value, for its distance is unknown.
    """

    function: Literal["cohen_kappa"] = "cohen_kappa"
    weights: Literal["none", "linear", "quadratic"] = Field(
        "none",
        description="How much a disagreement weighs: all the same, by the distance of the labels in their "
        "order, or by its square.",
        json_schema_extra=meanings(
            none="Every disagreement weighs the same.",
            linear="By the distance of the two labels.",
            quadratic="By the square of the distance.",
        ),
    )


class RocAucFields(ComparisonFields):
    """The area under the ROC curve: the chance that a positive item has a higher value than a negative one.

    `value` is a number, `expected` a boolean; ties count half (Mann and Whitney 1947). Without both positive
    and negative items there is no value.

        [aggregates.ranking]
        function = "roc_auc"
        value = "output.risk"
        expected = "expected_output.fraud"
    """

    function: Literal["roc_auc"] = "roc_auc"


class CalibrationFields(ComparisonFields):
    """The expected calibration error: how far confidence is from accuracy, 0 being best.

    `value` is a probability, `expected` a boolean: whether it came true. The mean distance of mean confidence
    and accuracy over bins of equal width, weighted by their counts (Naeini et al. 2015; Guo et al. 2017). The
    Brier score, and count, mean confidence and accuracy of each bin, are among the `details`.

        [aggregates.calibration]
        function = "calibration"
        value = "output.confidence"
        expected = "scores.correct"
        bins = 10
    """

    function: Literal["calibration"] = "calibration"
    bins: int = Field(10, ge=1, le=100, description="Number of bins between 0 and 1.")


class BrierFields(ComparisonFields):
    """The Brier score: the mean squared distance of a probability from what came true, 0 being best.

    `value` is a probability, `expected` a boolean (Brier 1950).

        [aggregates.brier]
        function = "brier"
        value = "output.confidence"
        expected = "scores.correct"
    """

    function: Literal["brier"] = "brier"


class PythonAggregateFields(AggregateFields):
    """A run-level score computed by a Python function over the results of all items.

    With `by` it is called once more for each group, with the results of that group.

        [aggregates.macro_f1]
        function = "python"
        callable = "metrics.summary:macro_f1"
    """

    function: Literal["python"] = "python"
    callable: str = Field(
        description="The function, as `module:name`. It is called with `item_results`.",
        examples=["metrics.summary:macro_f1"],
    )
    data_type: DataType = Field("NUMERIC", description="The data type of what it returns.")
    files: list[str] = Field(default_factory=list, description="Files the code reads, as patterns.")
    env: list[str] = Field(default_factory=list, description="Names of environment variables the code reads.")


AGGREGATES: Final[dict[str, type[KindFields]]] = {
    "mean": MeanFields,
    "rate": RateFields,
    "min": MinFields,
    "max": MaxFields,
    "median": MedianFields,
    "percentile": PercentileFields,
    "count": CountFields,
    "stdev": StdevFields,
    "pass_at_k": PassAtKFields,
    "pass_hat_k": PassHatKFields,
    "accuracy": AccuracyFields,
    "confusion_matrix": ConfusionMatrixFields,
    "precision": PrecisionFields,
    "recall": RecallFields,
    "f1": F1Fields,
    "cohen_kappa": CohenKappaFields,
    "roc_auc": RocAucFields,
    "calibration": CalibrationFields,
    "brier": BrierFields,
    "python": PythonAggregateFields,
}
"""The field model of each aggregate by the name that stands in `function`."""
