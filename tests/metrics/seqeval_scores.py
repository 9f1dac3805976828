#!/usr/bin/env python3
"""seqeval_scores.py FILE: what the package seqeval scores of FILE's cases, JSON lines {"gold": [[...]], "predicted": [[...]]}: a line
[precision, recall, f1, accuracy] for each. Ends with status 77 where the package is absent."""

import json
import sys
import warnings

try:
    from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score
except ImportError:
    sys.exit(77)

warnings.simplefilter("ignore")
for line in open(sys.argv[1], encoding="utf-8"):
    case = json.loads(line)
    print(json.dumps([float(score(case["gold"], case["predicted"]))
                      for score in (precision_score, recall_score, f1_score, accuracy_score)]))
