"""Wrong answers to the exercises of notebook 00."""

import numpy as np

ANSWERS = {
    "cosine": [
        lambda a, b: 1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b)),  # the cosine distance
        lambda a, b: abs(a @ b) / (np.linalg.norm(a) * np.linalg.norm(b)),  # without its sign
        lambda a, b: a @ b / np.linalg.norm(a - b),
        lambda a, b: a @ b / (np.linalg.norm(a) + np.linalg.norm(b)),
        lambda a, b: a @ b / np.linalg.norm(a) ** 2,  # the projection on one of them
        lambda a, b: a @ b / (np.abs(a).sum() * np.abs(b).sum()),  # the other norm
        lambda a, b: np.corrcoef(a, b)[0, 1],  # centred first
        lambda a, b: (a @ b / (np.linalg.norm(a) * np.linalg.norm(b))).round(1),
        lambda a, b: a * b / (np.linalg.norm(a) * np.linalg.norm(b)),  # not added up
        lambda a, b: np.arccos(a @ b / (np.linalg.norm(a) * np.linalg.norm(b))),  # the angle
        lambda a, b: a[1:] @ b[1:] / (np.linalg.norm(a[1:]) * np.linalg.norm(b[1:])),
        lambda a, b: (a @ b) ** 2 / ((a @ a) * (b @ b)),
        lambda a, b: a @ b / len(a),
        lambda a, b: 1.0,
    ]
}
