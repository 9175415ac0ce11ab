"""What evaluations of classifiers share: scores, their pictures, a regression to compare with."""
