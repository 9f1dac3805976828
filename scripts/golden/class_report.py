#!/usr/bin/env python3
"""What scikit-learn says of classifiers' predictions: precision, recall, F1 and support of each class, their means, the
confusion matrix, and of two classes the area under the ROC curve and the average precision.

  python3 scripts/golden/class_report.py       into tests/data/golden/class_report.json

Needs scikit-learn (written with 1.7).
"""

import json
import pathlib
import random

from sklearn.metrics import average_precision_score, classification_report, confusion_matrix, roc_auc_score

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "tests/data/golden/class_report.json"


def case(generator, classes, examples, absent=()):
    """Some classes occur nowhere, or are never predicted."""
    present = [one for one in range(classes) if one not in absent]
    labels = [generator.choice(present) for _ in range(examples)]
    predictions = [label if generator.random() < 0.6 else generator.choice(present) for label in labels]
    report = classification_report(labels, predictions, output_dict=True, zero_division=0)
    made = {"classes": classes, "labels": labels, "predictions": predictions,
            "report": {key: value for key, value in report.items() if key.isdigit()},
            "macro": report["macro avg"], "weighted": report["weighted avg"],
            "accuracy": sum(a == b for a, b in zip(labels, predictions)) / examples,
            "confusion": confusion_matrix(labels, predictions, labels=range(classes)).tolist()}
    if classes == 2 and len(set(labels)) == 2:
        # Few values, so that many are equal.
        scores = [generator.randint(-4, 4) / 4 + label / 2 for label in labels]
        made |= {"scores": scores, "roc_auc": roc_auc_score(labels, scores),
                 "average_precision": average_precision_score(labels, scores)}
    return made


def main():
    generator = random.Random(7)
    cases = [case(generator, classes, examples) for classes, examples in ((2, 1), (2, 40), (2, 200), (3, 50), (7, 60))]
    cases += [case(generator, 5, 30, absent=(1, 4)), case(generator, 2, 10, absent=(0,))]
    OUTPUT.write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
