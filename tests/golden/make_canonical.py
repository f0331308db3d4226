#!/usr/bin/env python3
"""Canonical correlations for tests/test_baselines.c, by SciPy: principal angles between the column spaces of two centred
matrices. The data are integers of a formula that the test repeats. Prints the correlations, for the test's table.

    make_canonical.py
"""
import numpy as np
from scipy.linalg import subspace_angles

N, DX, DY = 60, 5, 4


def entry(i, j, k):
    return (i * i * (j + 3) + 7 * i * (j + k) + 11 * j * j + 5 * k) % 23


x = np.array([[entry(i, j, 1) for j in range(DX)] for i in range(N)], float)
y = np.array([[entry(i, j, 2) + x[i, j] * (j < 2) for j in range(DY)] for i in range(N)], float)
x -= x.mean(axis=0)
y -= y.mean(axis=0)
print(", ".join("%.12f" % v for v in np.sort(np.cos(subspace_angles(x, y)))[::-1]))
