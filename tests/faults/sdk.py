"""`python -m tests.faults.sdk`, in a project `plain`: the Langfuse SDK carries out the same evaluation.

`run_experiment` over the same items with the same functions; then everything that its documentation asks for
before a process ends: flush and shutdown.
"""

import json
import sys
from pathlib import Path

from langfuse import get_client

if __name__ == "__main__":
    sys.path.insert(0, ".")
    import functions  # type: ignore[import-not-found]  # the project's own, in the working directory

    items = [json.loads(line) for line in Path("items.jsonl").read_text("utf-8").splitlines()]
    client = get_client()
    result = client.run_experiment(
        name="plain",
        data=items,
        task=functions.echo,
        evaluators=[functions.same, functions.length, functions.digits],
        run_evaluators=[functions.mean_length],
        max_concurrency=50,
    )
    client.flush()
    client.shutdown()
    print(json.dumps({"items": len(result.item_results)}))
