"""Second-order vectors: the compiled products against the plain ones."""

import numpy as np

from tsuide.mining.second_order_kernel import centre, gram_of, times

COLUMNS = np.random.default_rng(0).standard_normal((1_000, 7), np.float32)


def test_a_gram_matrix_is_that_of_the_plain_product() -> None:
    exact = COLUMNS.astype(np.float64)
    np.testing.assert_allclose(gram_of(COLUMNS), exact.T @ exact, rtol=1e-12)


def test_columns_times_a_square_are_the_plain_product() -> None:
    square = np.random.default_rng(1).standard_normal((7, 7), np.float32)
    np.testing.assert_allclose(times(COLUMNS, square), COLUMNS @ square, rtol=1e-4, atol=1e-5)


def test_centred_columns_have_nothing_left_along_the_direction() -> None:
    direction = np.full(len(COLUMNS), len(COLUMNS) ** -0.5, np.float32)
    columns = COLUMNS + np.float32(3)
    centre(columns, direction)
    np.testing.assert_allclose(columns.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(columns, COLUMNS - COLUMNS.mean(axis=0), atol=1e-5)
