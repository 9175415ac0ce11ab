"""The regression that neural networks are compared with."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from components.classification.softmax_regression import Inputs, Labelled, fit


def test_softmax_regression_matches_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    random = np.random.default_rng(0)
    dense = random.normal(size=(3000, 6)).astype(np.float32)
    words = sparse.random(3000, 20, density=0.1, format="csr", dtype=np.float32, random_state=0)
    weights = random.normal(size=(26, 4))
    both = np.hstack([dense, words.toarray()])
    labels = np.argmax(both @ weights + random.gumbel(size=(3000, 4)), axis=1)
    train, valid, test = slice(0, 2000), slice(2000, 2500), slice(2500, 3000)
    inputs = Inputs(dense, words)
    model, valid_accuracy = fit(
        Labelled(inputs.rows(train), labels[train]), Labelled(inputs.rows(valid), labels[valid]), 4, 0
    )
    ours = (model.predict(inputs.rows(test)) == labels[test]).mean()
    theirs = LogisticRegression(max_iter=500).fit(both[train], labels[train]).score(both[test], labels[test])
    assert ours > theirs - 0.05
    assert valid_accuracy == (model.predict(inputs.rows(valid)) == labels[valid]).mean()
