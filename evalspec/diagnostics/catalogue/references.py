"""What names what: scores, evaluators, aggregates, gates."""

from evalspec.diagnostics.catalogue.info import error, warning

CODES = (
    error("unknown-score", "unknown score", "A score is named that no `[scores.<name>]` table declares."),
    error(
        "unknown-aggregate",
        "unknown aggregate",
        "A gate names an aggregate that no `[aggregates.<name>]` declares.",
    ),
    warning("unused-score", "score never given", "The score is declared, but no evaluator gives it."),
    error(
        "duplicate-score",
        "score given twice",
        "Two evaluators give the same score; one item would get two values under one name.",
    ),
    error(
        "data-type-mismatch",
        "data types differ",
        "The evaluator gives values of a type that the score does not take.",
    ),
    error(
        "bounds-mismatch",
        "bounds differ",
        "The evaluator can give values outside of the bounds of its score.",
    ),
    warning(
        "direction-mismatch",
        "directions differ",
        "What is better by the judge's rubric counts as worse in the score, so that best and worst case and "
        "any difference would be read the wrong way.",
    ),
    error(
        "invalid-bounds",
        "invalid bounds",
        "A lower bound lies below the upper one, and only NUMERIC scores have bounds.",
    ),
    error(
        "invalid-categories",
        "invalid categories",
        "A CATEGORICAL score has categories, each with its own label and value; other scores have none.",
    ),
    error(
        "aggregate-data-type",
        "aggregate does not fit score",
        "The function cannot be computed for this data type.",
    ),
    error("unknown-model", "unknown model", "A model is named that no `[models.<name>]` table declares."),
    error("unknown-prompt", "unknown prompt", "A prompt is named that no `[prompts.<name>]` table declares."),
    error(
        "unknown-rubric",
        "unknown rubric",
        "A rubric is named that neither a `[rubrics.<name>]` table declares nor evalspec brings.",
    ),
    error(
        "unknown-input",
        "unknown input",
        "Criteria speak of a text that the judge is not shown, or `inputs` has one that the rubric does not "
        "know; a misspelt one would go unnoticed.",
    ),
    warning("unused-model", "model never used", "The model is declared, and nothing asks it."),
    warning("unused-prompt", "prompt never used", "The prompt is declared, and nothing uses it."),
    error("unknown-step", "unknown step", "A step is named that does not come before in its chain."),
    warning("unused-rubric", "rubric never used", "The rubric is declared, and no judge uses it."),
    warning(
        "same-model-family",
        "judge of the same family",
        "The judge and what it judges are models of one family; models prefer what is like themselves.",
    ),
    error(
        "evaluator-cycle",
        "evaluators wait for each other",
        "An evaluator reads a score that cannot be there before its own.",
    ),
    error(
        "unsupported-by-task",
        "the task does not give it",
        "The evaluator looks at something that this kind of task does not have.",
    ),
    error("no-evaluators", "nothing evaluates", "A spec without an evaluator gives no score."),
    error(
        "margin-out-of-bounds",
        "margin out of bounds",
        "The margin is larger than the whole range of the score: no difference could ever matter.",
    ),
    error(
        "gate-out-of-bounds",
        "gate out of bounds",
        "The bound lies outside of what the aggregate can be: the gate could never pass.",
    ),
)
