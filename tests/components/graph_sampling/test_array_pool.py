"""Memory is used again, and only when nobody looks at it any more."""

from __future__ import annotations

import numpy as np

from components.graph_sampling.array_pool import ALIGNMENT, ArrayPool
from components.tfgnn import tf

SHAPE = (1000, 8)


def test_aligned_and_as_asked() -> None:
    array = ArrayPool().empty(SHAPE, np.float32)
    assert (array.shape, array.dtype) == (SHAPE, np.float32)
    assert array.ctypes.data % ALIGNMENT == 0
    array[:] = 3
    assert ArrayPool().empty((0, 5), np.int32).shape == (0, 5)


def test_memory_of_the_dead_is_used_again() -> None:
    pool = ArrayPool()
    array = pool.empty(SHAPE, np.float32)
    place = array.ctypes.data
    del array
    assert pool.empty(SHAPE, np.int32).ctypes.data == place


def test_any_view_keeps_it() -> None:
    pool = ArrayPool()
    array = pool.empty(SHAPE, np.float32)
    place = array.ctypes.data
    view = array.reshape(-1)[5:7].view(np.int32)
    del array
    other = pool.empty(SHAPE, np.float32)
    assert other.ctypes.data != place
    del view
    assert pool.empty(SHAPE, np.float32).ctypes.data == place


def test_a_tensor_of_tf_data_keeps_it() -> None:
    pool = ArrayPool()

    def batches():  # type: ignore[no-untyped-def]
        for i in range(20):
            array = pool.empty(SHAPE, np.float32)
            array[:] = i
            yield array
            del array

    source = tf.data.Dataset.from_generator(batches, output_signature=tf.TensorSpec(SHAPE, tf.float32))
    for i, tensor in enumerate(list(source.prefetch(3))):
        np.testing.assert_array_equal(tensor, np.full(SHAPE, i, np.float32))
